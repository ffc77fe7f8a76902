// Pixel norm on the GPU. Neighbouring threads of a block take neighbouring positions, 16 bytes each, so that
// every channel's row is read in whole lines; the rest of its threads take other channels, up to eight each,
// which stay in registers from the sums to the writes. So x and gy are read once for up to 512 channels: 8
// bytes an element of f32 forward, 12 backward. Channels beyond that are read a second time, from the cache.
// Bound by memory, with 128 bytes a thread on the way; expected: 85 % of copying.
#include "kernels/pixel_norm.h"

#include <algorithm>

#include "kernels/cuda/block_reduce.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

constexpr unsigned most_threads = 512, most_rows = 64;
/// Packs that a thread keeps.
constexpr int kept = 8;

/// Sums over the channels of V neighbouring positions. In T: squares do not cancel, and a thread adds few.
template <class T, int V>
struct PixelSums {
  T squares[V] = {}, products[V] = {};

  template <bool grad>
  __device__ __forceinline__ void add(const Pack<T, V>& x, const Pack<T, V>& gy) {
#pragma unroll
    for (int k = 0; k < V; ++k) {
      squares[k] += x.v[k] * x.v[k];
      if (grad) products[k] += x.v[k] * gy.v[k];
    }
  }
};

template <class T, int V>
__device__ __forceinline__ PixelSums<T, V> operator+(PixelSums<T, V> a, const PixelSums<T, V>& b) {
#pragma unroll
  for (int k = 0; k < V; ++k) {
    a.squares[k] += b.squares[k];
    a.products[k] += b.products[k];
  }
  return a;
}

template <class T>
__device__ __forceinline__ PixelSums<T, 1> from_lane_xor(PixelSums<T, 1> a, unsigned mask) {
  PixelSums<T, 1> other;
  other.squares[0] = __shfl_xor_sync(~0u, a.squares[0], static_cast<int>(mask));
  other.products[0] = __shfl_xor_sync(~0u, a.products[0], static_cast<int>(mask));
  return other;
}

/// z = gain gy + slope x, or forward z = gain x.
template <class T, int V, bool grad>
struct PixelLines {
  T gain[V], slope[V];

  __device__ __forceinline__ PixelLines(const PixelSums<T, V>& sums, T part, T eps) {
#pragma unroll
    for (int k = 0; k < V; ++k) {
      gain[k] = 1 / sqrt(sums.squares[k] * part + eps);
      slope[k] = -gain[k] * gain[k] * gain[k] * (sums.products[k] * part);
    }
  }
  __device__ __forceinline__ Pack<T, V> apply(Pack<T, V> x, const Pack<T, V>& gy) const {
#pragma unroll
    for (int k = 0; k < V; ++k) x.v[k] = grad ? gain[k] * gy.v[k] + slope[k] * x.v[k] : gain[k] * x.v[k];
    return x;
  }
};

/// `part` is 1 / channels.
template <class T>
struct PixelPass {
  const T *x, *gy;
  T* z;
  int64_t channels, positions;
  T part, eps;
};

template <class T, int V, bool grad>
__global__ void __launch_bounds__(most_threads)
    pixel_norm_kernel(const PixelPass<T> pass, int64_t tiles, unsigned columns) {
  using Sums = PixelSums<T, V>;
  GPU_SHARED(Sums, scratch, [most_threads]);
  const int64_t sample = blockIdx.x / tiles, tile = blockIdx.x - sample * tiles;
  const unsigned column = threadIdx.x % columns;
  const int64_t position = (tile * columns + column) * V;
  const unsigned first = threadIdx.x / columns, step = blockDim.x / columns;
  const unsigned end = position < pass.positions ? static_cast<unsigned>(pass.channels) : 0;
  const int64_t start = (sample * pass.channels + first) * pass.positions + position;
  const int64_t stride = step * pass.positions;  // from one of the thread's channels to the next
  const T *x = pass.x + start, *gy = grad ? pass.gy + start : x;
  Pack<T, V> px[kept] = {}, pg[grad ? kept : 1] = {};
#pragma unroll
  for (unsigned u = 0; u < kept; ++u, x += stride, gy += stride) {
    if (first + u * step >= end) continue;
    px[u] = load<V>(x);
    if (grad) pg[u] = load<V>(gy);
  }
  Sums sums;
#pragma unroll
  for (unsigned u = 0; u < kept; ++u) sums.template add<grad>(px[u], pg[grad ? u : 0]);
#pragma unroll 1
  for (unsigned c = first + kept * step; c < end; c += step, x += stride, gy += stride)
    sums.template add<grad>(load<V>(x), load<V>(gy));
  reduce_rows(sums, columns, scratch, [](const Sums& a, const Sums& b) { return a + b; });
  __syncthreads();
  const PixelLines<T, V, grad> lines(scratch[column], pass.part, pass.eps);
  T* z = pass.z + start;
#pragma unroll
  for (unsigned u = 0; u < kept; ++u, z += stride)
    if (first + u * step < end) store(z, lines.apply(px[u], pg[grad ? u : 0]));
  x = pass.x + (z - pass.z);
  gy = grad ? pass.gy + (z - pass.z) : x;
#pragma unroll 1
  for (unsigned c = first + kept * step; c < end; c += step, x += stride, gy += stride, z += stride)
    store(z, lines.apply(load<V>(x), load<V>(gy)));
}

/// Samples of one position, whose channels lie side by side: a team for each. They are vectors of latents, so
/// small that the second read comes from the first-level cache.
template <class T, bool grad>
__global__ void __launch_bounds__(256)
    pixel_norm_rows_kernel(const PixelPass<T> pass, int64_t rows, unsigned team) {
  using Sums = PixelSums<T, 1>;
  GPU_SHARED(Sums, scratch, [8]);
  const int64_t row = team_index(team), start = row * pass.channels, end = row < rows ? pass.channels : 0;
  const T *const x = pass.x + start, *const gy = grad ? pass.gy + start : x;
  Sums sums;
#pragma unroll 4
  for (int64_t c = team_rank(team); c < end; c += team)
    sums.template add<grad>(load<1>(x + c), load<1>(gy + c));
  sums = team_reduce(sums, team, scratch, [](const Sums& a, const Sums& b) { return a + b; });
  const PixelLines<T, 1, grad> lines(sums, pass.part, pass.eps);
#pragma unroll 4
  for (int64_t c = team_rank(team); c < end; c += team)
    store(pass.z + start + c, lines.apply(load<1>(x + c), load<1>(gy + c)));
}

template <class T, int V, bool grad>
void pixel_norm_tiles(const PixelPass<T>& pass, int64_t samples, Device device) {
  const unsigned wanted = team_for(pass.channels, kept, most_rows);
  const unsigned columns = team_for(pass.positions, V, std::max(256 / wanted, most_threads / most_rows));
  const unsigned rows = std::max(wanted, 32 / columns);
  const int64_t tiles = blocks_for(pass.positions, static_cast<int64_t>(columns) * V);
  SADDLE_LAUNCH((pixel_norm_kernel<T, V, grad>), dim3(static_cast<unsigned>(samples * tiles)), columns * rows,
                0, device, pass, tiles, columns);
}

template <bool grad>
void pixel_norm_pass(const Tensor* gy, const Tensor& x, Tensor& z, double eps) {
  if (x.numel() == 0) return;
  dispatch_float("pixel_norm", x.dtype(), [&]<class T>() {
    const int64_t samples = x.size(0), channels = x.size(1), positions = x.numel() / samples / channels;
    const T *px = x.data<T>(), *pg = grad ? gy->data<T>() : nullptr;
    T* pz = z.data<T>();
    const PixelPass<T> pass{
        px, pg, pz, channels, positions, T(1) / static_cast<T>(channels), static_cast<T>(eps)};
    if (positions == 1) {
      const unsigned team = team_for(channels, 4, 256);
      const TeamGrid teams(samples, team);
      SADDLE_LAUNCH((pixel_norm_rows_kernel<T, grad>), teams.grid, teams.block, 0, z.device(), pass, samples,
                    team);
      return;
    }
    const bool wide = fits_widest<T>(positions, px, pg, static_cast<const T*>(pz));
    const auto tiles = wide ? pixel_norm_tiles<T, widest<T>, grad> : pixel_norm_tiles<T, 1, grad>;
    tiles(pass, samples, z.device());
  });
}

}  // namespace

void pixel_norm(const Tensor& x, Tensor& y, double eps) {
  pixel_norm_pass<false>(nullptr, x, y, eps);
}
void pixel_norm_grad(const Tensor& gy, const Tensor& x, Tensor& gx, double eps) {
  pixel_norm_pass<true>(&gy, x, gx, eps);
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
