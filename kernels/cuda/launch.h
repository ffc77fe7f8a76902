// How a kernel of this folder is started. Each .cu is compiled twice: by nvcc into the namespace `cuda`, and
// for the emulator into `emulated` (kernels/gpu/gpu.h, docs/emulation.md).
#pragma once
#include <functional>

#include "core/tensor.h"
#include "kernels/gpu/gpu.h"

#ifdef __CUDACC__
#define SADDLE_GPU_DEVICE cuda
#else
#define SADDLE_GPU_DEVICE emulated
#endif

namespace saddle::kernels {

/// SADDLE_LAUNCH(kernel, grid, block, shared_bytes, device, arguments...) starts a kernel on the device,
/// whose work runs in the order of its launches. A template's kernel goes in parentheses. Grids of no blocks
/// are an error. `shared_bytes` of dynamic shared memory may exceed 48 KiB. Throws Error that names the
/// kernel where it cannot be started or an earlier one has failed.
#ifdef __CUDACC__
namespace cuda {
cudaStream_t use(Device device);
void check_launch(const char* kernel, Device device);
}  // namespace cuda

#define SADDLE_LAUNCH(kernel, grid, block, shared_bytes, device, ...)                                        \
  do {                                                                                                       \
    const ::saddle::Device saddle_device = (device);                                                         \
    GPU_LAUNCH(kernel, grid, block, shared_bytes, ::saddle::kernels::cuda::use(saddle_device), __VA_ARGS__); \
    ::saddle::kernels::cuda::check_launch(#kernel, saddle_device);                                           \
  } while (false)
#else
namespace emulated {

/// Runs it, or records it where a step is captured.
void run_or_record(std::function<void()> launch);

template <class... Parameters, class... Args>
void launch(const char* name, void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t shared_bytes,
            Device, const Args&... args) {
  run_or_record([=] { emulator::launch(name, kernel, grid, block, shared_bytes, nullptr, args...); });
}

}  // namespace emulated

#define SADDLE_LAUNCH(kernel, grid, block, shared_bytes, device, ...) \
  ::saddle::kernels::emulated::launch(#kernel, kernel, grid, block, shared_bytes, device, __VA_ARGS__)
#endif

/// Blocks of `size` that cover n.
constexpr int64_t blocks_for(int64_t n, int64_t size) {
  return (n + size - 1) / size;
}

/// The threads of a block for n pieces of work: as many as there are, in whole warps, at most `most`.
constexpr unsigned block_for(int64_t n, unsigned most = 256) {
  return n >= most ? most : static_cast<unsigned>((n + 31) / 32 * 32);
}

}  // namespace saddle::kernels
