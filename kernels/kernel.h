// How a kernel is declared once and found on every device.
//
// A family's header gives a function type and passes it to SADDLE_KERNEL. That declares the function in
// `cpu`, `cuda` and `emulated`, defines a callable that picks one by the device of its first tensor (or of
// the first entry of its first span, for kernels that take many tensors at once), and
// lists the name for the coverage test. A device that is built but lacks the kernel fails to link; a device
// that is not built throws from Kernel::operator(), the only place that knows devices.
#pragma once
#include <atomic>
#include <cstdint>
#include <vector>

#include "core/tensor.h"

namespace saddle::kernels {

/// A kernel's name and how often it was called, for the test that every listed kernel is exercised.
struct KernelEntry {
  explicit KernelEntry(const char* name);
  const char* name;
  std::atomic<uint64_t> calls{0};
};

/// All kernels that any linked file declares.
const std::vector<KernelEntry*>& all_kernels();

[[noreturn]] void throw_device_not_built(const char* kernel, Device device);

template <class Signature>
class Kernel;

/// Kernels return nothing: outputs are allocated by the caller, have the right shape, and are overwritten
/// whole (never read first) unless their declaration says otherwise. Shapes were checked by the public op.
template <class... Args>
class Kernel<void(Args...)> {
 public:
  using Function = void (*)(Args...);

  constexpr Kernel(KernelEntry& entry, Function cpu, Function cuda, Function emulated)
      : entry_(&entry), functions_{cpu, cuda, emulated} {}

  void operator()(Args... args) const {
    const Device device = first_device(args...);
    const Function function = functions_[static_cast<int>(device.type)];
    if (!function) throw_device_not_built(entry_->name, device);
    entry_->calls.fetch_add(1, std::memory_order_relaxed);
    function(args...);
  }

 private:
  template <class First, class... Rest>
  static Device first_device(const First& first, const Rest&... rest) {
    if constexpr (std::is_same_v<First, Tensor>)
      return first.device();
    else if constexpr (requires { first.front().device(); })
      return first.front().device();
    else
      return first_device(rest...);
  }

  KernelEntry* entry_;
  Function functions_[3];
};

#ifdef SADDLE_WITH_CUDA
#define SADDLE_CUDA_FUNCTION(name) &cuda::name
#else
#define SADDLE_CUDA_FUNCTION(name) nullptr
#endif
#ifdef SADDLE_WITH_EMULATION
#define SADDLE_EMULATED_FUNCTION(name) &emulated::name
#else
#define SADDLE_EMULATED_FUNCTION(name) nullptr
#endif

#define SADDLE_KERNEL(name, Signature)                                                   \
  namespace cpu {                                                                        \
  Signature name;                                                                        \
  }                                                                                      \
  namespace cuda {                                                                       \
  Signature name;                                                                        \
  }                                                                                      \
  namespace emulated {                                                                   \
  Signature name;                                                                        \
  }                                                                                      \
  inline KernelEntry name##_entry{#name};                                                \
  inline constexpr Kernel<Signature> name {                                              \
    name##_entry, &cpu::name, SADDLE_CUDA_FUNCTION(name), SADDLE_EMULATED_FUNCTION(name) \
  }

}  // namespace saddle::kernels
