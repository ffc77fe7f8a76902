// c = a b on tensor cores: tf32 through three stages of cp.async, bf16 through ldmatrix. A block of two warps
// computes 32 x 16 elements, a warp 16 x 16: two mma beside each other.
#include "tests/emulator/kernels/right.h"

namespace saddle::test {
namespace {

constexpr int rows = 32, columns = 16, depth = 16, threads = 64;

/// Where the elements of an mma's d lie: element i of this lane.
__device__ int d_row(int i) {
  return static_cast<int>(threadIdx.x) / 32 * 16 + static_cast<int>(threadIdx.x) % 32 / 4 + 8 * (i / 2);
}
__device__ int d_column(int i) {
  return 2 * (static_cast<int>(threadIdx.x) % 4) + i % 2;
}

__device__ void store(const float (&d)[2][4], float* c, int top, int left, int m, int n) {
  for (int part = 0; part < 2; ++part)
    for (int i = 0; i < 4; ++i) {
      const int row = top + d_row(i), column = left + 8 * part + d_column(i);
      if (row < m && column < n) c[row * n + column] = d[part][i];
    }
}

__global__ void __launch_bounds__(threads)
    gemm_tf32_kernel(const float* a, const float* b, float* c, int m, int n, int k) {
  constexpr int stages = 3, a_pitch = depth + 4, b_pitch = columns + 8;
  GPU_SHARED(float, a_tile, [stages][rows][a_pitch]);
  GPU_SHARED(float, b_tile, [stages][depth][b_pitch]);
  const int t = static_cast<int>(threadIdx.x), warp = t / 32, group = t % 32 / 4, pair = t % 4;
  const int top = static_cast<int>(blockIdx.y) * rows, left = static_cast<int>(blockIdx.x) * columns;

  const auto start_loading = [&](int begin) {
    const int stage = begin / depth % stages;
    for (int i = 4 * t; i < rows * depth; i += 4 * threads) {
      const int row = i / depth, kk = i % depth;
      const bool inside = top + row < m && begin + kk < k;
      gpu::cp_async<16>(&a_tile[stage][row][kk], inside ? a + (top + row) * k + begin + kk : a,
                        inside ? 16 : 0);
    }
    for (int i = 4 * t; i < depth * columns; i += 4 * threads) {
      const int kk = i / columns, column = i % columns;
      const bool inside = begin + kk < k && left + column < n;
      gpu::cp_async<16>(&b_tile[stage][kk][column], inside ? b + (begin + kk) * n + left + column : b,
                        inside ? 16 : 0);
    }
    gpu::cp_async_commit();
  };

  float d[2][4] = {};
  for (int stage = 0; stage < stages - 1; ++stage) start_loading(stage * depth);
  for (int begin = 0; begin < k; begin += depth) {
    gpu::cp_async_wait<stages - 2>();
    __syncthreads();  // the tile is there, and nobody reads the one before, which the next copies overwrite
    start_loading(begin + (stages - 1) * depth);
    const int stage = begin / depth % stages;
    for (int kk = 0; kk < depth; kk += 8) {
      uint32_t a_part[4], b_part[2];
      for (int i = 0; i < 4; ++i)
        a_part[i] = gpu::to_tf32(a_tile[stage][warp * 16 + group + 8 * (i % 2)][kk + pair + 4 * (i / 2)]);
      for (int part = 0; part < 2; ++part) {
        for (int i = 0; i < 2; ++i)
          b_part[i] = gpu::to_tf32(b_tile[stage][kk + pair + 4 * i][8 * part + group]);
        gpu::mma_m16n8k8_tf32(d[part], a_part, b_part);
      }
    }
  }
  gpu::cp_async_wait<0>();
  store(d, c, top, left, m, n);
}

__global__ void __launch_bounds__(threads)
    gemm_bf16_kernel(const float* a, const float* b, float* c, int m, int n, int k) {
  constexpr int pitch = 12;  // words, each two bf16: rows of 48 bytes lie in different banks
  GPU_SHARED(uint32_t, a_tile, [rows][pitch]);
  GPU_SHARED(uint32_t, b_tile, [depth][pitch]);
  const int t = static_cast<int>(threadIdx.x), warp = t / 32, lane = t % 32;
  const int top = static_cast<int>(blockIdx.y) * rows, left = static_cast<int>(blockIdx.x) * columns;

  float d[2][4] = {};
  for (int begin = 0; begin < k; begin += depth) {
    for (int i = t; i < rows * depth / 2; i += threads) {
      const int row = i / (depth / 2), kk = i % (depth / 2) * 2;
      const bool inside = top + row < m && begin + kk < k;
      const float* const x = a + (top + row) * k + begin + kk;
      a_tile[row][kk / 2] = inside ? gpu::pack_bf16(x[0], x[1]) : 0;
    }
    for (int i = t; i < depth * columns / 2; i += threads) {
      const int kk = i / (columns / 2), column = i % (columns / 2) * 2;
      const bool inside = begin + kk < k && left + column < n;
      const float* const x = b + (begin + kk) * n + left + column;
      b_tile[kk][column / 2] = inside ? gpu::pack_bf16(x[0], x[1]) : 0;
    }
    __syncthreads();
    uint32_t a_part[4], b_parts[4];
    gpu::ldmatrix_x4(a_part, &a_tile[warp * 16 + lane % 16][lane / 16 * 4]);
    gpu::ldmatrix_x4<true>(b_parts, &b_tile[lane % 16][lane / 16 * 4]);
    gpu::mma_m16n8k16_bf16(d[0], a_part, {b_parts[0], b_parts[1]});
    gpu::mma_m16n8k16_bf16(d[1], a_part, {b_parts[2], b_parts[3]});
    __syncthreads();
  }
  store(d, c, top, left, m, n);
}

__global__ void load_fragments_kernel(const uint16_t* x, uint32_t* y) {
  GPU_SHARED(uint16_t, matrices, [4][8][8]);
  const int lane = static_cast<int>(threadIdx.x);
  for (int i = lane; i < 4 * 8 * 8; i += 32) matrices[i / 64][i / 8 % 8][i % 8] = x[i];
  __syncwarp();
  uint32_t plain4[4], transposed4[4], plain2[2], transposed2[2];
  const void* const row = matrices[lane / 8][lane % 8];
  gpu::ldmatrix_x4(plain4, row);
  gpu::ldmatrix_x4<true>(transposed4, row);
  gpu::ldmatrix_x2(plain2, row);
  gpu::ldmatrix_x2<true>(transposed2, row);
  for (int i = 0; i < 4; ++i) {
    y[i * 32 + lane] = plain4[i];
    y[(4 + i) * 32 + lane] = transposed4[i];
  }
  for (int i = 0; i < 2; ++i) {
    y[(8 + i) * 32 + lane] = plain2[i];
    y[(10 + i) * 32 + lane] = transposed2[i];
  }
}

dim3 grid_for(int m, int n) {
  return dim3((n + columns - 1) / columns, (m + rows - 1) / rows);
}

}  // namespace

void gemm_tf32(const float* a, const float* b, float* c, int m, int n, int k, cudaStream_t stream) {
  GPU_LAUNCH(gemm_tf32_kernel, grid_for(m, n), threads, 0, stream, a, b, c, m, n, k);
}

void gemm_bf16(const float* a, const float* b, float* c, int m, int n, int k, cudaStream_t stream) {
  GPU_LAUNCH(gemm_bf16_kernel, grid_for(m, n), threads, 0, stream, a, b, c, m, n, k);
}

void load_fragments(const uint16_t* x, uint32_t* y, cudaStream_t stream) {
  GPU_LAUNCH(load_fragments_kernel, 1, 32, 0, stream, x, y);
}

}  // namespace saddle::test
