// What a device other than the CPU supplies to the tensors that lie on it. core/ only states it; kernels/ has
// the two: the GPU (kernels/cuda/) and the emulated one (kernels/gpu/).
#pragma once
#include <memory>
#include <string>

#include "core/allocator.h"
#include "core/device.h"

namespace saddle {

/// Launches that were recorded instead of run.
class CapturedWork {
 public:
  virtual ~CapturedWork() = default;
  virtual void run() = 0;
};

/// All work on a device, copies included, happens in the order in which it was asked for.
class DeviceRuntime {
 public:
  virtual ~DeviceRuntime() = default;

  /// Empty if device `index` can be used, else why not and what to do about it. Callers want why_missing().
  virtual std::string problem(int index) = 0;
  virtual std::unique_ptr<MemorySource> memory(int index) = 0;

  /// Copies within a device, between two of them, or between one and the host. Returns when the host's memory
  /// may be read or changed.
  virtual void copy(void* to, Device to_device, const void* from, Device from_device, size_t bytes) = 0;
  /// Sets bytes to 0.
  virtual void zero(void* to, Device device, size_t bytes) = 0;
  /// Waits for all work. Throws Error for a kernel that failed meanwhile.
  virtual void synchronize(Device device) = 0;

  /// Between the two, what the calling thread asks for is recorded (core/step_graph.h).
  virtual void begin_capture(Device device) = 0;
  virtual std::unique_ptr<CapturedWork> end_capture(Device device) = 0;
};

/// The runtime of a device's kind, or null: the CPU, which needs none, and what this build leaves out.
DeviceRuntime* runtime(DeviceType type);

/// Why this build or machine does not have the device, to be read after its name: " is not part of this
/// build",
/// ": no GPU was found; ...". Empty if it has; the CPU is always there.
std::string why_missing(Device device);

/// Waits until the work on the device is done; on the CPU it always is. Throws Error for a kernel that failed
/// meanwhile.
void synchronize(Device device);

}  // namespace saddle
