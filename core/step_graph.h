// A step's work on a device, recorded once and replayed: launching a thousand kernels one by one costs the
// host more time than a GPU needs to run them. On a GPU it is a CUDA graph; the emulated device keeps a list
// of its launches, so that what holds for the one is tested on the other.
//
// What is replayed are the launches with the arguments that they had. So a step that is captured
// - reads and writes the same tensors each time: what comes from outside is copied into them before;
// - does not copy between host and device, which throws;
// - takes numbers that change from step to step from varying().
#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

#include "core/device.h"

namespace saddle {

class StepGraph {
 public:
  /// Whether steps on the device can be captured: not on the CPU, where there is nothing to gain.
  static bool available(Device device);

  /// Records what `step` does on the device, then runs it once. Tensors that it allocates stay reserved for
  /// the graph while it lives. Whatever `step` throws is passed on, and nothing has run.
  StepGraph(Device device, const std::function<void()>& step);
  ~StepGraph();
  StepGraph(const StepGraph&) = delete;
  StepGraph& operator=(const StepGraph&) = delete;

  /// Runs it once more, with new values of what varies.
  void replay();

  /// Whether the calling thread is inside a captured step on the device.
  static bool capturing(Device device);

  /// For numbers that a kernel reads and that change from step to step: while a step is captured, device
  /// memory that holds `now` in the run that captures, and in each replay what `next(slots)` writes there.
  /// `next` is called on the host, in the order of these calls, so it may advance a state as the step itself
  /// did. Null where no step is captured: the kernel then takes `now` itself.
  template <class T, class Next>
  static const T* varying(Device device, std::span<const T> now, Next next) {
    static_assert(std::is_trivially_copyable_v<T> && alignof(T) <= 16);
    if (!capturing(device)) return nullptr;
    return static_cast<const T*>(add_slots(now.data(), now.size_bytes(),
                                           [n = now.size(), next = std::move(next)](void* slots) mutable {
                                             next(std::span<T>(static_cast<T*>(slots), n));
                                           }));
  }

 private:
  static const void* add_slots(const void* now, size_t bytes, std::function<void(void*)> refill);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace saddle
