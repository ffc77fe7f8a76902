// The emulated device: host memory that is lent to kernels, each tensor an array of its own, so that a kernel
// that leaves its arrays or reads what nobody has written is caught.
#include <cstdlib>
#include <cstring>
#include <functional>
#include <vector>

#include "core/device_runtime.h"
#include "core/error.h"
#include "kernels/cuda/launch.h"
#include "kernels/gpu/emulator/emulator.h"

namespace saddle {
namespace {

class EmulatedMemory final : public MemorySource {
 public:
  /// A line of the cache more than asked for: arrays may not touch.
  void* allocate(size_t bytes) override {
    return std::aligned_alloc(Allocator::alignment, bytes + Allocator::alignment);
  }
  void release(void* block, size_t) override { std::free(block); }
  void lend(void* begin, size_t bytes, bool written) override {
    using emulator::Contents;
    emulator::add_memory(begin, bytes, written ? Contents::written : Contents::unwritten, "tensor");
  }
  void take_back(void* begin) override { emulator::remove_memory(begin); }
};

/// What a captured step did, in order.
class Recording final : public CapturedWork {
 public:
  void add(std::function<void()> launch) { launches_.push_back(std::move(launch)); }
  void run() override {
    for (const auto& launch : launches_) launch();
  }

 private:
  std::vector<std::function<void()>> launches_;
};

thread_local std::unique_ptr<Recording> recording;

class EmulatedRuntime final : public DeviceRuntime {
 public:
  std::string problem(int index) override { return index == 0 ? "" : "there is only one"; }
  std::unique_ptr<MemorySource> memory(int) override { return std::make_unique<EmulatedMemory>(); }

  void copy(void* to, Device to_device, const void* from, Device, size_t bytes) override {
    kernels::emulated::run_or_record([=] {
      std::memmove(to, from, bytes);
      if (!to_device.is_host()) emulator::host_wrote(to);
    });
  }
  void zero(void* to, Device, size_t bytes) override {
    kernels::emulated::run_or_record([=] {
      std::memset(to, 0, bytes);
      emulator::host_wrote(to);
    });
  }
  void synchronize(Device) override {}

  void begin_capture(Device) override { recording = std::make_unique<Recording>(); }
  std::unique_ptr<CapturedWork> end_capture(Device) override { return std::move(recording); }
};

}  // namespace

DeviceRuntime& emulated_runtime() {
  static EmulatedRuntime runtime;
  return runtime;
}

void kernels::emulated::run_or_record(std::function<void()> launch) {
  if (recording)
    recording->add(std::move(launch));
  else
    launch();
}

}  // namespace saddle
