// Softmax on the GPU. Rows of contiguous elements are taken by teams of threads: those that fit into
// registers are read once; longer ones twice, a block for each, with the largest element and the sum brought
// up to date together (softmax_sum.h). Along another axis, neighbouring threads take neighbouring columns and
// share their rows.
//
// Bound by memory where rows fit into registers: 8 bytes and one exponential an element of f32. Longer rows
// and columns are read a second time, from the second-level cache if they fit there. Expected: 85 % of
// copying.
#include "kernels/softmax.h"

#include <algorithm>

#include "kernels/cuda/softmax_sum.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

/// Bytes of a row that a thread keeps, and the threads of the largest team: 8192 elements of f32.
constexpr int kept_bytes = 64;
constexpr unsigned most_threads = 512;

template <class T>
__device__ __forceinline__ T finish(T x, T top, T sum, T log_sum, bool logarithm) {
  return logarithm ? x - top - log_sum : exp(x - top) / sum;
}

/// Rows of n elements, each kept in the registers of a team.
template <class T, int V>
__global__ void __launch_bounds__(most_threads)
    softmax_kept_kernel(const T* __restrict__ x, T* __restrict__ y, int64_t rows, unsigned n, unsigned team,
                        bool logarithm) {
  constexpr unsigned packs = kept_bytes / sizeof(T) / V;
  GPU_SHARED(T, tops, [32]);
  GPU_SHARED(T, sums, [32]);
  const int64_t row = team_index(team);
  const unsigned first = team_rank(team) * V, step = team * V, end = row < rows ? n : 0;
  const T* from = x + row * n;
  Pack<T, V> kept[packs] = {};
#pragma unroll
  for (unsigned u = 0; u < packs; ++u)
    if (first + u * step < end) kept[u] = load<V>(from + first + u * step);
  T top = lowest<T>;
#pragma unroll
  for (unsigned u = 0; u < packs; ++u)
    for (int k = 0; k < V; ++k)
      if (first + u * step < end) top = larger(top, kept[u].v[k]);
  top = team_reduce(top, team, tops, larger<T>);
  T sum = 0;
#pragma unroll
  for (unsigned u = 0; u < packs; ++u)
    for (int k = 0; k < V; ++k)
      if (first + u * step < end) sum += exp(kept[u].v[k] - top);
  sum = team_reduce(sum, team, sums, add<T>);
  const T log_sum = log(sum);
#pragma unroll
  for (unsigned u = 0; u < packs; ++u) {
    if (first + u * step >= end) continue;
    for (int k = 0; k < V; ++k) kept[u].v[k] = finish(kept[u].v[k], top, sum, log_sum, logarithm);
    store(y + row * n + first + u * step, kept[u]);
  }
}

/// Longer rows, one a block.
template <class T, int V>
__global__ void __launch_bounds__(most_threads)
    softmax_long_kernel(const T* __restrict__ x, T* __restrict__ y, int64_t n, bool logarithm) {
  GPU_SHARED(T, tops, [32]);
  GPU_SHARED(T, sums, [32]);
  const int64_t step = static_cast<int64_t>(blockDim.x) * V, row = blockIdx.x * n;
  Running<T> running{lowest<T>, 0};
#pragma unroll 2
  for (int64_t i = threadIdx.x * V; i < n; i += step) running.include(load<V>(x + row + i).v);
  const T top = team_reduce(running.top, blockDim.x, tops, larger<T>);
  const T sum = team_reduce(running.shifted(top), blockDim.x, sums, add<T>);
  const T log_sum = log(sum);
#pragma unroll 4
  for (int64_t i = threadIdx.x * V; i < n; i += step) {
    Pack<T, V> pack = load<V>(x + row + i);
    for (int k = 0; k < V; ++k) pack.v[k] = finish(pack.v[k], top, sum, log_sum, logarithm);
    store(y + row + i, pack);
  }
}

/// Columns of n elements that lie `inner` apart, a tile of neighbouring ones a block.
template <class T>
__global__ void __launch_bounds__(256)
    softmax_columns_kernel(const T* __restrict__ x, T* __restrict__ y, int64_t n, int64_t inner,
                           unsigned tile, bool logarithm) {
  GPU_SHARED(T, tops, [256]);
  GPU_SHARED(T, sums, [256]);
  constexpr int at_once = 4;  // loads on their way together
  const int64_t tiles = (inner + tile - 1) / tile, outer = blockIdx.x / tiles;
  const int64_t column = (blockIdx.x - outer * tiles) * tile + threadIdx.x % tile;
  const int64_t start = outer * n * inner + column, first = threadIdx.x / tile, step = blockDim.x / tile;
  const int64_t end = column < inner ? n : 0;
  Running<T> running{lowest<T>, 0};
  for (int64_t i = first; i < end; i += at_once * step) {
    T values[at_once];
#pragma unroll
    for (int u = 0; u < at_once; ++u)
      values[u] = i + u * step < end ? x[start + (i + u * step) * inner] : lowest<T>;
    running.include(values);
  }
  tops[threadIdx.x] = running.top;
  sums[threadIdx.x] = running.sum;
  __syncthreads();
  T top = lowest<T>, sum = 0;
  for (unsigned t = threadIdx.x % tile; t < blockDim.x; t += tile) top = larger(top, tops[t]);
  for (unsigned t = threadIdx.x % tile; t < blockDim.x; t += tile)
    sum += Running<T>{tops[t], sums[t]}.shifted(top);
  const T log_sum = log(sum);
#pragma unroll 4
  for (int64_t i = first; i < end; i += step)
    y[start + i * inner] = finish(x[start + i * inner], top, sum, log_sum, logarithm);
}

template <class T, int V>
void softmax_rows(const T* x, T* y, int64_t rows, int64_t n, bool logarithm, Device device) {
  constexpr int64_t kept = kept_bytes / sizeof(T);
  if (n <= most_threads * kept) {
    // A quarter of what a thread could keep, while teams are small: more threads hide more latency.
    const unsigned team =
        std::max(team_for(n, kept, most_threads), team_for(n, std::max<int64_t>(V, kept / 4), 32));
    const TeamGrid teams(rows, team);
    SADDLE_LAUNCH((softmax_kept_kernel<T, V>), teams.grid, teams.block, 0, device, x, y, rows,
                  static_cast<unsigned>(n), team, logarithm);
  } else {
    SADDLE_LAUNCH((softmax_long_kernel<T, V>), dim3(static_cast<unsigned>(rows)), most_threads, 0, device, x,
                  y, n, logarithm);
  }
}

void softmax_along(const Tensor& x, Tensor& y, int axis, bool logarithm) {
  if (x.numel() == 0) return;
  dispatch_float("softmax", x.dtype(), [&]<class T>() {
    const T* px = x.data<T>();
    T* py = y.data<T>();
    const int64_t n = x.size(axis), inner = x.shape().stride(axis), outer = x.numel() / (n * inner);
    if (inner == 1) {
      const auto rows = fits_widest<T>(n, px, py) ? softmax_rows<T, widest<T>> : softmax_rows<T, 1>;
      return rows(px, py, outer, n, logarithm, y.device());
    }
    const ColumnBlock block(inner, n);
    SADDLE_LAUNCH((softmax_columns_kernel<T>), dim3(static_cast<unsigned>(outer * block.tiles(inner))),
                  block.threads(), 0, y.device(), px, py, n, inner, block.columns, logarithm);
  });
}

}  // namespace

void softmax(const Tensor& x, Tensor& y, int axis) {
  softmax_along(x, y, axis, false);
}
void log_softmax(const Tensor& x, Tensor& y, int axis) {
  softmax_along(x, y, axis, true);
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
