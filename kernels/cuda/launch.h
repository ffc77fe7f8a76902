// How a kernel of this folder is started. Each .cu is compiled twice: by nvcc into the namespace `cuda`, and
// for the emulator into `emulated` (kernels/gpu/gpu.h, docs/emulation.md).
#pragma once
#include "core/tensor.h"
#include "kernels/gpu/gpu.h"

#ifdef __CUDACC__
#define SADDLE_GPU_DEVICE cuda
#else
#define SADDLE_GPU_DEVICE emulated
#endif

namespace saddle::kernels {

/// The device on whose stream launches go. Work on one device runs in the order of its launches.
namespace cuda {
cudaStream_t use(Device device);
/// Throws Error that names the kernel if it could not be started, or if an earlier one has failed.
void check_launch(const char* kernel, Device device);
}  // namespace cuda
namespace emulated {
inline cudaStream_t use(Device) {
  return nullptr;
}
inline void check_launch(const char*, Device) {}
}  // namespace emulated

/// SADDLE_LAUNCH(kernel, grid, block, shared_bytes, device, arguments...): a template's kernel goes in
/// parentheses. Grids of no blocks are an error. `shared_bytes` of dynamic shared memory may exceed 48 KiB.
#define SADDLE_LAUNCH(kernel, grid, block, shared_bytes, device, ...)                                       \
  do {                                                                                                      \
    const ::saddle::Device saddle_device = (device);                                                        \
    GPU_LAUNCH(kernel, grid, block, shared_bytes, ::saddle::kernels::SADDLE_GPU_DEVICE::use(saddle_device), \
               __VA_ARGS__);                                                                                \
    ::saddle::kernels::SADDLE_GPU_DEVICE::check_launch(#kernel, saddle_device);                             \
  } while (false)

/// Blocks of `size` that cover n.
constexpr int64_t blocks_for(int64_t n, int64_t size) {
  return (n + size - 1) / size;
}

/// The threads of a block for n pieces of work: as many as there are, in whole warps, at most `most`.
constexpr unsigned block_for(int64_t n, unsigned most = 256) {
  return n >= most ? most : static_cast<unsigned>((n + 31) / 32 * 32);
}

}  // namespace saddle::kernels
