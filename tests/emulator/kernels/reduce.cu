// A sum over all blocks in one launch, and a histogram by atomics.
#include "tests/emulator/kernels/right.h"

namespace saddle::test {
namespace {

constexpr int threads = 96;

/// The sum of v over the block, in thread 0.
__device__ float block_sum(float v) {
  GPU_SHARED(float, warp_sums, [threads / 32]);
  for (int distance = 16; distance > 0; distance /= 2) v += __shfl_down_sync(0xffffffffu, v, distance);
  if (threadIdx.x % 32 == 0) warp_sums[threadIdx.x / 32] = v;
  __syncthreads();
  v = 0;
  if (threadIdx.x == 0)
    for (float warp_sum : warp_sums) v += warp_sum;
  return v;
}

__global__ void __launch_bounds__(threads)
    sum_kernel(const float* x, float* partial, unsigned* blocks_done, float* sum, int n) {
  GPU_SHARED(bool, is_last, [1]);
  const int first = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  float v = 0;
  for (int i = first; i < n; i += static_cast<int>(gridDim.x * blockDim.x)) v += x[i];
  v = block_sum(v);
  if (threadIdx.x == 0) {
    partial[blockIdx.x] = v;
    __threadfence();
    is_last[0] = atomicInc(blocks_done, gridDim.x - 1) == gridDim.x - 1;
  }
  __syncthreads();
  if (!is_last[0]) return;
  v = threadIdx.x < gridDim.x ? partial[threadIdx.x] : 0;
  v = block_sum(v);
  if (threadIdx.x == 0) *sum = v;
}

__global__ void histogram_kernel(const int* x, int* counts, int n) {
  GPU_SHARED(int, local, [histogram_bins]);
  if (threadIdx.x < histogram_bins) local[threadIdx.x] = 0;
  __syncthreads();
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) atomicAdd(&local[x[i]], 1);
  __syncthreads();
  if (threadIdx.x < histogram_bins) atomicAdd(&counts[threadIdx.x], local[threadIdx.x]);
}

}  // namespace

void sum(const float* x, float* partial, unsigned* blocks_done, float* sum, int n, cudaStream_t stream) {
  GPU_LAUNCH(sum_kernel, sum_blocks, threads, 0, stream, x, partial, blocks_done, sum, n);
}

void histogram(const int* x, int* counts, int n, cudaStream_t stream) {
  GPU_LAUNCH(histogram_kernel, (n + threads - 1) / threads, threads, 0, stream, x, counts, n);
}

}  // namespace saddle::test
