#include "core/step_graph.h"

#include <cstring>
#include <exception>
#include <vector>

#include "core/device_runtime.h"
#include "core/error.h"
#include "core/tensor.h"

namespace saddle {
namespace {

/// Room for what varies in one step; what is used of it is copied to the device each time.
constexpr int64_t slot_bytes = int64_t{1} << 20;

}  // namespace

struct StepGraph::Impl {
  struct Slot {
    size_t offset;
    std::function<void(void*)> refill;
  };

  explicit Impl(Device its)
      : device(its),
        host(Tensor::zeros({slot_bytes}, DType::u8)),
        slots_memory(Tensor::zeros({slot_bytes}, DType::u8, its)) {}

  Device device;
  Tensor host, slots_memory;  // what varies: as the host prepares it, and where kernels read it
  size_t used = 0;
  std::vector<Slot> slots;
  Allocator::Pool pool = 0;
  std::unique_ptr<CapturedWork> work;

  void run() {
    runtime(device.type)->copy(slots_memory.raw(), device, host.raw(), Device{}, used);
    work->run();
  }

  inline static thread_local Impl* current = nullptr;
};

bool StepGraph::available(Device device) {
  return !device.is_host();
}

StepGraph::StepGraph(Device device, const std::function<void()>& step)
    : impl_(std::make_unique<Impl>(device)) {
  require<Error>(available(device), "step graph: nothing is captured on ", device);
  require<Error>(!Impl::current, "step graph: a step is being captured already");
  DeviceRuntime& its = *runtime(device.type);
  its.synchronize(device);
  its.begin_capture(device);
  impl_->pool = allocator(device).open_pool();
  std::exception_ptr failure;
  Impl::current = impl_.get();
  try {
    step();
  } catch (...) {
    failure = std::current_exception();
  }
  Impl::current = nullptr;
  allocator(device).close_pool();
  // Even after a failure, so that the device leaves its capturing.
  try {
    impl_->work = its.end_capture(device);
  } catch (...) {
    if (!failure) failure = std::current_exception();
  }
  if (failure) {
    allocator(device).drop_pool(impl_->pool);
    std::rethrow_exception(failure);
  }
  impl_->run();
}

StepGraph::~StepGraph() {
  impl_->work.reset();
  allocator(impl_->device).drop_pool(impl_->pool);
}

void StepGraph::replay() {
  for (const Impl::Slot& slot : impl_->slots) slot.refill(impl_->host.data<uint8_t>() + slot.offset);
  impl_->run();
}

bool StepGraph::capturing(Device device) {
  return Impl::current && Impl::current->device == device;
}

const void* StepGraph::add_slots(const void* now, size_t bytes, std::function<void(void*)> refill) {
  Impl& graph = *Impl::current;
  const size_t offset = (graph.used + 15) / 16 * 16;
  require<Error>(offset + bytes <= static_cast<size_t>(slot_bytes),
                 "step graph: more numbers vary from step to step than ", slot_bytes, " bytes hold");
  graph.used = offset + bytes;
  std::memcpy(graph.host.data<uint8_t>() + offset, now, bytes);
  graph.slots.push_back({offset, std::move(refill)});
  return graph.slots_memory.data<uint8_t>() + offset;
}

}  // namespace saddle
