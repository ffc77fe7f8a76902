// Kernels that touch memory they may not, or read what nobody has written.
#include "tests/emulator/kernels/wrong.h"

namespace saddle::test {
namespace {

constexpr int threads = 64;
__device__ int thread() {
  return static_cast<int>(threadIdx.x);
}

__global__ void past_shared(const float* x, float* y) {
  GPU_SHARED(float, tile, [threads]);
  tile[thread()] = x[thread()];
  __syncthreads();
  y[thread()] = tile[thread() + 1];  // wrong
}

__global__ void before_shared(const float* x, float* y) {
  GPU_SHARED(float, tile, [threads]);
  tile[thread()] = x[thread()];
  __syncthreads();
  y[thread()] = tile[thread() - 1];  // wrong
}

__global__ void past_dynamic_shared(const float* x) {
  GPU_DYNAMIC_SHARED(float, tile);
  tile[thread()] = x[thread()];  // wrong
}

__global__ void no_dynamic_shared(const float* x) {
  GPU_DYNAMIC_SHARED(float, tile);
  tile[thread()] = x[thread()];
}

__global__ void too_much_shared(const float* x, float* y) {
  GPU_SHARED(float, tile, [10240]);
  tile[thread()] = x[thread()];
  __syncthreads();
  y[thread()] = tile[thread() ^ 1];
}

__global__ void unwritten_shared(float* y) {
  GPU_SHARED(float, tile, [threads]);
  y[thread()] = tile[thread()];  // wrong
}

__global__ void shared_of_last_block(const float* x, float* y) {
  GPU_SHARED(float, tile, [threads]);
  if (blockIdx.x == 0) tile[thread()] = x[thread()];
  if (blockIdx.x == 1) y[thread()] = tile[thread()];  // wrong
  if (blockIdx.x == 2) tile[thread()] = x[thread()];
}

__global__ void unwritten_global(float* y) {
  atomicAdd(&y[thread()], 1.0f);  // wrong
}

__global__ void past_global(const float* x, float* y) {
  y[thread()] = x[thread() + 1];  // wrong
}

__global__ void before_global(const float* x, float* y) {
  y[thread()] = x[thread() - 1];  // wrong
}

__global__ void across_end(const float* x, float* y) {
  const float4 v = *reinterpret_cast<const float4*>(x + thread());  // wrong
  y[thread()] = v.x;
}

__global__ void misaligned_load(const float* x, float* y) {
  const float4 v = *reinterpret_cast<const float4*>(x + 1);  // wrong
  y[thread()] = v.x;
}

__global__ void misaligned_copy(const float* x) {
  GPU_SHARED(float, tile, [threads]);
  gpu::cp_async<16>(&tile[1], x);  // wrong
}

__global__ void misaligned_matrix(const float* x) {
  GPU_SHARED(float, tile, [threads]);
  tile[thread()] = x[thread()];
  __syncthreads();
  uint32_t fragment[4];
  gpu::ldmatrix_x4(fragment, &tile[1]);  // wrong
}

__global__ void matrix_not_shared(const float* x) {
  uint32_t fragment[4];
  gpu::ldmatrix_x4(fragment, x);  // wrong
}

__global__ void copy_to_global(const float* x, float* y) {
  gpu::cp_async<4>(y + thread(), x + thread());  // wrong
}

__global__ void memory_of_host(const float* x, const float* of_host, float* y) {
  y[thread()] = x[thread()] + of_host[thread()];  // wrong
}

__global__ void writes_static(float* of_program) {
  of_program[thread()] = 1;  // wrong
}

__global__ void local_of_another(float* y) {
  GPU_SHARED(float*, pointer, [1]);
  float own = 1;
  if (thread() == 0) pointer[0] = &own;
  __syncthreads();
  y[thread()] = *pointer[0];  // wrong
  __syncthreads();
}

}  // namespace

std::vector<WrongKernel> wrong_memory() {
  using Arguments = const WrongArguments&;
  return {
      {"past_shared",
       [](Arguments a) { GPU_LAUNCH(past_shared, 1, threads, 0, nullptr, a.x, a.y); },
       {"out of bounds: reads 4 bytes at wrong_memory.cu:",
        ", 0 bytes past the end of shared memory 'tile' "
        "(256 bytes)",
        "block (0,0,0) thread (63,0,0)"}},
      {"before_shared",
       [](Arguments a) { GPU_LAUNCH(before_shared, 1, threads, 0, nullptr, a.x, a.y); },
       {"out of bounds: reads 4 bytes at wrong_memory.cu:", ", 4 bytes before shared memory 'tile'"}},
      {"past_dynamic_shared",
       [](Arguments a) { GPU_LAUNCH(past_dynamic_shared, 1, threads, 63 * sizeof(float), nullptr, a.x); },
       {"out of bounds: writes 4 bytes at wrong_memory.cu:", "shared memory 'dynamic' (252 bytes)"}},
      {"no_dynamic_shared",
       [](Arguments a) { GPU_LAUNCH(no_dynamic_shared, 1, threads, 0, nullptr, a.x); },
       {"dynamic shared memory, of which the launch gave 0 bytes"}},
      {"too_much_shared",
       [](Arguments a) { GPU_LAUNCH(too_much_shared, 1, threads, 126000, nullptr, a.x, a.y); },
       {"shared memory 'tile' brings the block to 40960 bytes declared and 126000 dynamic, of at most"}},
      {"unwritten_shared",
       [](Arguments a) { GPU_LAUNCH(unwritten_shared, 1, threads, 0, nullptr, a.y); },
       {"reads shared memory 'tile'", "wrong_memory.cu:", ", which nobody has written"}},
      {"shared_of_last_block",
       [](Arguments a) { GPU_LAUNCH(shared_of_last_block, 3, threads, 0, nullptr, a.x, a.y); },
       {"reads shared memory 'tile'", "which nobody has written", "block (1,0,0)"}},
      {"unwritten_global",
       [](Arguments a) { GPU_LAUNCH(unwritten_global, 1, threads, 0, nullptr, a.y); },
       {"atomically updates 'y'", "which nobody has written"}},
      {"past_global",
       [](Arguments a) { GPU_LAUNCH(past_global, 1, threads, 0, nullptr, a.x, a.y); },
       {"out of bounds: reads 4 bytes at wrong_memory.cu:", "past the end of 'x' (256 bytes)",
        "thread (63,0,0)"}},
      {"before_global",
       [](Arguments a) { GPU_LAUNCH(before_global, 1, threads, 0, nullptr, a.x, a.y); },
       {"out of bounds: reads 4 bytes", "4 bytes before 'x'", "thread (0,0,0)"}},
      {"across_end",
       [](Arguments a) { GPU_LAUNCH(across_end, 1, 1, 0, nullptr, a.x + threads - 2, a.y); },
       {"wrong_memory.cu:"}},
      {"misaligned_load",
       [](Arguments a) { GPU_LAUNCH(misaligned_load, 1, threads, 0, nullptr, a.x, a.y); },
       {"misaligned: a load or store at wrong_memory.cu:", "multiple of 16, got one 4 bytes past it"}},
      {"misaligned_copy",
       [](Arguments a) { GPU_LAUNCH(misaligned_copy, 1, threads, 0, nullptr, a.x); },
       {"misaligned: a cp.async at wrong_memory.cu:"}},
      {"misaligned_matrix",
       [](Arguments a) { GPU_LAUNCH(misaligned_matrix, 1, 32, 0, nullptr, a.x); },
       {"misaligned: ldmatrix at wrong_memory.cu:"}},
      {"matrix_not_shared",
       [](Arguments a) { GPU_LAUNCH(matrix_not_shared, 1, 32, 0, nullptr, a.x); },
       {"ldmatrix at wrong_memory.cu:", " reads what is not shared memory"}},
      {"copy_to_global",
       [](Arguments a) { GPU_LAUNCH(copy_to_global, 1, threads, 0, nullptr, a.x, a.y); },
       {"a cp.async at wrong_memory.cu:", " whose target is not shared memory"}},
      {"memory_of_host",
       [](Arguments a) {
         const std::vector<float> of_host(1 << 16);
         GPU_LAUNCH(memory_of_host, 1, threads, 0, nullptr, a.x, of_host.data() + (1 << 15), a.y);
       },
       {"out of bounds: reads 4 bytes at wrong_memory.cu:", ", in no memory of the device"}},
      {"writes_static",
       [](Arguments) {
         static float of_program[threads];
         GPU_LAUNCH(writes_static, 1, threads, 0, nullptr, of_program);
       },
       {"out of bounds: writes 4 bytes at wrong_memory.cu:"}},
      {"local_of_another",
       [](Arguments a) { GPU_LAUNCH(local_of_another, 1, threads, 0, nullptr, a.y); },
       {"out of bounds: reads 4 bytes at wrong_memory.cu:"}},
  };
}

}  // namespace saddle::test
