// One kernel source, two executions: nvcc compiles a .cu for the GPU; the host's compiler compiles the same
// file for the emulator (kernels/gpu/emulator/), which runs it on the CPU. A .cu includes this header and no
// other of CUDA's.
//
// Three things cannot be spelled alike for both and have macros here: shared memory and the launch. PTX
// instructions are functions in ptx.h. Everything else is plain CUDA. docs/emulation.md says how to write for
// both.
#pragma once
#include <cstddef>
#include <cstdint>

#ifdef __CUDACC__
#include <cuda_runtime.h>

/// GPU_SHARED(float, tile, [32][33]): an array in shared memory, aligned to 16 bytes.
#define GPU_SHARED(Type, name, ...) __shared__ __align__(16) Type name __VA_ARGS__

/// GPU_DYNAMIC_SHARED(float, name): `Type* name` to the bytes that the launch asked for, aligned to 128
/// bytes.
#define GPU_DYNAMIC_SHARED(Type, name)                                  \
  extern __shared__ __align__(128) unsigned char gpu_dynamic_shared_[]; \
  Type* name = reinterpret_cast<Type*>(gpu_dynamic_shared_)

namespace saddle::gpu {

/// Starts a kernel; more than 48 KiB of dynamic shared memory must be asked for by a call of its own.
template <class... Parameters, class... Args>
void launch(void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t shared_bytes, cudaStream_t stream,
            Args... args) {
  if (shared_bytes > 48 * 1024)
    cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared_bytes));
  kernel<<<grid, block, shared_bytes, stream>>>(static_cast<Parameters>(args)...);
}

}  // namespace saddle::gpu

/// GPU_LAUNCH(kernel, grid, block, shared_bytes, stream, arguments...). A template's kernel goes in
/// parentheses.
#define GPU_LAUNCH(kernel, grid, block, shared_bytes, stream, ...) \
  ::saddle::gpu::launch(kernel, grid, block, shared_bytes, stream __VA_OPT__(, ) __VA_ARGS__)

#else
#include "kernels/gpu/emulator/cuda.h"

// A function may run for many blocks: what stands for the variable is a key, which finds the block's own
// array.
#define GPU_SHARED(Type, name, ...)                 \
  using name##_array = Type __VA_ARGS__;            \
  static constexpr char name##_key = 0;             \
  name##_array& name = *static_cast<name##_array*>( \
      ::saddle::emulator::shared_array(&name##_key, #name, sizeof(name##_array)))

#define GPU_DYNAMIC_SHARED(Type, name) Type* name = static_cast<Type*>(::saddle::emulator::dynamic_shared())

#define GPU_LAUNCH(kernel, grid, block, shared_bytes, stream, ...) \
  ::saddle::emulator::launch(#kernel, kernel, grid, block, shared_bytes, stream __VA_OPT__(, ) __VA_ARGS__)
#endif

#include "kernels/gpu/ptx.h"
