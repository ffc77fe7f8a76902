#include "bench/gpu_work.h"

#include <algorithm>

#include "kernels/cuda/launch.h"

namespace saddle::bench {
namespace {

constexpr int block_threads = 256, blocks_each = 4;  // of a multiprocessor: 32 warps hide all latencies
constexpr int chains = 8;

int multiprocessors(int device) {
  int count = 1;
  cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device);
  return count;
}

__global__ void spin_kernel(long long cycles) {
  const long long start = clock64();
  while (clock64() - start < cycles) {
  }
}

__global__ void copy_kernel(const uint4* __restrict__ from, uint4* __restrict__ to, int64_t n) {
  const int64_t step = int64_t{gridDim.x} * blockDim.x;
  for (int64_t i = int64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < n; i += step) to[i] = from[i];
}

/// 2 x chains operations a thread and step.
__global__ void fma_kernel(float* sink, int steps) {
  const int thread = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  float sums[chains];
  for (int c = 0; c < chains; ++c) sums[c] = static_cast<float>(thread + c);
  for (int i = 0; i < steps; ++i) {
#pragma unroll
    for (int c = 0; c < chains; ++c) sums[c] = sums[c] * 0.5f + 1.0f;
  }
  float sum = 0;
  for (int c = 0; c < chains; ++c) sum += sums[c];
  sink[thread] = sum;
}

/// 2 x 16 x 8 x 8 x chains operations a warp and step, twice that for bf16. The operands are bits of small
/// numbers, not zeros, which would cost less power and time.
template <bool Bf16>
__global__ void tensor_kernel(float* sink, int steps) {
  const int thread = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  uint32_t a[4], b[2];
  const float value = 1.0f + 1e-3f * static_cast<float>(thread % 997);
  for (int i = 0; i < 4; ++i) a[i] = Bf16 ? gpu::pack_bf16(value, -value) : gpu::to_tf32(value + i);
  for (int i = 0; i < 2; ++i) b[i] = Bf16 ? gpu::pack_bf16(-value, value) : gpu::to_tf32(-value - i);
  float sums[chains][4];
  for (int c = 0; c < chains; ++c)
    for (int i = 0; i < 4; ++i) sums[c][i] = static_cast<float>(c);  // equal chains could be merged
  for (int i = 0; i < steps; ++i) {
#pragma unroll
    for (int c = 0; c < chains; ++c) {
      if constexpr (Bf16)
        gpu::mma_m16n8k16_bf16(sums[c], a, b);
      else
        gpu::mma_m16n8k8_tf32(sums[c], a, b);
    }
  }
  float sum = 0;
  for (int c = 0; c < chains; ++c)
    for (int i = 0; i < 4; ++i) sum += sums[c][i];
  sink[thread] = sum;
}

}  // namespace

cudaStream_t stream_of(Device device) {
  return kernels::cuda::use(device);
}

void spin(cudaStream_t stream, double seconds) {
  constexpr double hertz = 1.8e9;
  GPU_LAUNCH(spin_kernel, 1, 1, 0, stream, static_cast<long long>(seconds * hertz));
}

void copy(cudaStream_t stream, const void* from, void* to, int64_t bytes) {
  constexpr int64_t most_blocks = 1 << 16;
  const int64_t n = bytes / 16,
                blocks = std::clamp<int64_t>((n + block_threads - 1) / block_threads, 1, most_blocks);
  GPU_LAUNCH(copy_kernel, static_cast<unsigned>(blocks), block_threads, 0, stream,
             static_cast<const uint4*>(from), static_cast<uint4*>(to), n);
}

int64_t work_threads(int device) {
  return int64_t{multiprocessors(device)} * blocks_each * block_threads;
}

double multiply_add_chains(cudaStream_t stream, int device, Unit unit, int steps, float* sink) {
  const auto blocks = static_cast<unsigned>(multiprocessors(device) * blocks_each);
  const double threads = static_cast<double>(work_threads(device)), all = threads * chains * steps;
  switch (unit) {
    case Unit::fma:
      GPU_LAUNCH(fma_kernel, blocks, block_threads, 0, stream, sink, steps);
      return 2 * all;
    case Unit::tensor_tf32:
      GPU_LAUNCH(tensor_kernel<false>, blocks, block_threads, 0, stream, sink, steps);
      return 2.0 * 16 * 8 * 8 / 32 * all;
    case Unit::tensor_bf16:
      GPU_LAUNCH(tensor_kernel<true>, blocks, block_threads, 0, stream, sink, steps);
      return 2.0 * 16 * 8 * 16 / 32 * all;
  }
  return 0;
}

}  // namespace saddle::bench
