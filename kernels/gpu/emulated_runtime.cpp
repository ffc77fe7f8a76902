// The emulated device: host memory that is lent to kernels, each tensor an array of its own, so that a kernel
// that leaves its arrays or reads what nobody has written is caught.
#include <cstdlib>
#include <cstring>

#include "core/device_runtime.h"
#include "core/error.h"
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
  void lend(void* begin, size_t bytes) override {
    emulator::add_memory(begin, bytes, emulator::Contents::written, "tensor");
  }
  void take_back(void* begin) override { emulator::remove_memory(begin); }
};

/// To kernels, the array is as if the host had written it.
void mark_written(void* begin, size_t bytes) {
  emulator::remove_memory(begin);
  emulator::add_memory(begin, bytes, emulator::Contents::written, "tensor");
}

class EmulatedRuntime final : public DeviceRuntime {
 public:
  std::string problem(int index) override { return index == 0 ? "" : "there is only one"; }
  std::unique_ptr<MemorySource> memory(int) override { return std::make_unique<EmulatedMemory>(); }

  void copy(void* to, Device to_device, const void* from, Device, size_t bytes) override {
    std::memmove(to, from, bytes);
    if (!to_device.is_host() && bytes > 0) mark_written(to, bytes);
  }
  void zero(void* to, Device, size_t bytes) override {
    std::memset(to, 0, bytes);
    if (bytes > 0) mark_written(to, bytes);
  }
  void synchronize(Device) override {}
};

}  // namespace

DeviceRuntime& emulated_runtime() {
  static EmulatedRuntime runtime;
  return runtime;
}

}  // namespace saddle
