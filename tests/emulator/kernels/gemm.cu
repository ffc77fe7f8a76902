// c = a b in f32 for any sizes: tiles in shared memory, the next one copied by cp.async while the last is
// used.
#include "tests/emulator/kernels/right.h"

namespace saddle::test {
namespace {

constexpr int tile = 32, depth = 8, side = 4;  // a thread computes side x side elements
constexpr int threads = (tile / side) * (tile / side);

__global__ void __launch_bounds__(threads)
    gemm_kernel(const float* a, const float* b, float* c, int m, int n, int k) {
  GPU_SHARED(float, a_tile, [2][tile][depth + 1]);
  GPU_SHARED(float, b_tile, [2][depth][tile]);
  const int t = static_cast<int>(threadIdx.x), tx = t % (tile / side), ty = t / (tile / side);
  const int top = static_cast<int>(blockIdx.y) * tile, left = static_cast<int>(blockIdx.x) * tile;

  const auto start_loading = [&](int stage, int begin) {
    for (int i = t; i < tile * depth; i += threads) {
      const int row = i / depth, kk = i % depth;
      const bool inside = top + row < m && begin + kk < k;
      gpu::cp_async<4>(&a_tile[stage][row][kk], inside ? a + (top + row) * k + begin + kk : a,
                       inside ? 4 : 0);
    }
    for (int i = t; i < depth * tile; i += threads) {
      const int kk = i / tile, column = i % tile;
      const bool inside = begin + kk < k && left + column < n;
      gpu::cp_async<4>(&b_tile[stage][kk][column], inside ? b + (begin + kk) * n + left + column : b,
                       inside ? 4 : 0);
    }
    gpu::cp_async_commit();
  };

  float sums[side][side] = {};
  start_loading(0, 0);
  for (int begin = 0, stage = 0; begin < k; begin += depth, stage ^= 1) {
    if (begin + depth < k) {
      start_loading(stage ^ 1, begin + depth);
      gpu::cp_async_wait<1>();
    } else {
      gpu::cp_async_wait<0>();
    }
    __syncthreads();
    for (int kk = 0; kk < depth; ++kk)
      for (int i = 0; i < side; ++i)
        for (int j = 0; j < side; ++j)
          sums[i][j] += a_tile[stage][ty * side + i][kk] * b_tile[stage][kk][tx * side + j];
    __syncthreads();
  }
  for (int i = 0; i < side; ++i)
    for (int j = 0; j < side; ++j) {
      const int row = top + ty * side + i, column = left + tx * side + j;
      if (row < m && column < n) c[row * n + column] = sums[i][j];
    }
}

}  // namespace

void gemm(const float* a, const float* b, float* c, int m, int n, int k, cudaStream_t stream) {
  const dim3 grid((n + tile - 1) / tile, (m + tile - 1) / tile);
  GPU_LAUNCH(gemm_kernel, grid, threads, 0, stream, a, b, c, m, n, k);
}

}  // namespace saddle::test
