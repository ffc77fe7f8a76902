// What the lanes of a warp do together, and barriers for parts of a block.
#include "tests/emulator/kernels/right.h"

namespace saddle::test {
namespace {

constexpr int threads = 64;
using gpu::barrier_sync;
constexpr unsigned all_lanes = 0xffffffffu;

__device__ int thread_in_grid() {
  return static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
}

__global__ void scan8_kernel(const int* x, int* y) {
  const int i = thread_in_grid();
  int v = x[i];
  for (unsigned distance = 1; distance < 8; distance *= 2) {
    const int before = __shfl_up_sync(all_lanes, v, distance, 8);
    if (i % 8 >= static_cast<int>(distance)) v += before;
  }
  y[i] = v;
}

__global__ void compact32_kernel(const int* x, int* y, int* counts) {
  const int i = thread_in_grid(), lane = i % 32;
  const int v = x[i];
  const unsigned positive = __ballot_sync(all_lanes, v > 0);
  if (v > 0) y[i - lane + __popc(positive & ((1u << lane) - 1))] = v;
  if (lane == 0) counts[i / 32] = __popc(positive);
  // The rest, where all lanes agree that there is one.
  const bool full = __all_sync(all_lanes, v > 0), any = __any_sync(all_lanes, v <= 0);
  if (full != any && any && lane >= __popc(positive)) y[i] = 0;
}

__global__ void reduce_odd_kernel(const int* x, int* y) {
  const int i = thread_in_grid();
  const int v = x[i];
  if (threadIdx.x >= 32) return;
  const unsigned odd = __ballot_sync(all_lanes, v & 1);
  if (v & 1) {
    const int sum = __reduce_add_sync(odd, v), least = __reduce_min_sync(odd, v);
    const int greatest = __reduce_max_sync(odd, v);
    const unsigned mixed = __reduce_xor_sync(odd, static_cast<unsigned>(v));
    const int first = __shfl_sync(odd, i, __ffs(static_cast<int>(odd)) - 1);
    if (i == first) {
      int* const out = y + blockIdx.x * 4;
      out[0] = sum;
      out[1] = least;
      out[2] = greatest;
      out[3] = static_cast<int>(mixed);
    }
  }
}

__global__ void warp_tree_kernel(const int* x, int* y) {
  GPU_SHARED(int, sums, [threads]);
  const int i = thread_in_grid(), t = static_cast<int>(threadIdx.x), lane = t % 32;
  sums[t] = x[i];
  __syncwarp();
  for (int distance = 16; distance > 0; distance /= 2) {
    if (lane < distance) sums[t] += sums[t + distance];
    __syncwarp();
  }
  y[i] = sums[t - lane];
}

__global__ void reverse_halves_kernel(const int* x, int* y, int* counts) {
  GPU_SHARED(int, tile, [128]);
  const int i = thread_in_grid(), t = static_cast<int>(threadIdx.x), half = t / 64;
  tile[t] = x[i];
  barrier_sync(1 + half, 64);
  y[i] = tile[half * 64 + 63 - t % 64];
  const int odd = __syncthreads_count(x[i] & 1);
  const int any = __syncthreads_or(odd > 0), all = __syncthreads_and(x[i] & 1);
  if (t == 0) counts[blockIdx.x] = any == (odd > 0) && all == (odd == 128) ? odd : -1;
}

__global__ void pass_on_kernel(const int* x, int* y) {
  GPU_SHARED(int, tile, [3][32]);
  const int t = static_cast<int>(threadIdx.x), lane = t % 32, warp = t / 32;
  const int i = static_cast<int>(blockIdx.x) * 96 + t;
  tile[warp][lane] = x[i];
  if (warp < 2) {
    barrier_sync(1, 64);  // what warp 0 wrote comes before warp 1,
  }
  if (warp > 0) {
    barrier_sync(2, 64);  // and so before warp 2
  }
  int v = tile[warp][lane];
  if (warp == 2) {
    v = tile[0][31 - lane];
    const unsigned half = lane < 16 ? 0x0000ffffu : 0xffff0000u;
    tile[2][lane] = v;
    __syncwarp(half);
    v = tile[2][lane ^ 15];
    __syncwarp(half);
    tile[2][lane] = 0;
  }
  y[i] = v;
}

}  // namespace

void scan8(const int* x, int* y, int n, cudaStream_t stream) {
  GPU_LAUNCH(scan8_kernel, n / threads, threads, 0, stream, x, y);
}

void compact32(const int* x, int* y, int* counts, int n, cudaStream_t stream) {
  GPU_LAUNCH(compact32_kernel, n / threads, threads, 0, stream, x, y, counts);
}

void reduce_odd(const int* x, int* y, int n, cudaStream_t stream) {
  GPU_LAUNCH(reduce_odd_kernel, n / threads, threads, 0, stream, x, y);
}

void warp_tree(const int* x, int* y, int n, cudaStream_t stream) {
  GPU_LAUNCH(warp_tree_kernel, n / threads, threads, 0, stream, x, y);
}

void reverse_halves(const int* x, int* y, int* counts, int n, cudaStream_t stream) {
  GPU_LAUNCH(reverse_halves_kernel, n / 128, 128, 0, stream, x, y, counts);
}

void pass_on(const int* x, int* y, int n, cudaStream_t stream) {
  GPU_LAUNCH(pass_on_kernel, n / 96, 96, 0, stream, x, y);
}

}  // namespace saddle::test
