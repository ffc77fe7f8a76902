// Minibatch standard deviation on the GPU. A thread takes 16 bytes of each member of a group, which it reads
// once from memory and again from the first-level cache. The tensor is that of a discriminator's last layers,
// some hundred kilobytes: what counts is that there are few launches, two forward and one backward. Expected:
// bound by the launches; on large tensors 70 % of copying.
#include "kernels/minibatch_stddev.h"

#include <algorithm>

#include "kernels/cuda/block_reduce.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

constexpr unsigned most_threads = 256;

__device__ __forceinline__ double add(double a, double b) {
  return a + b;
}

/// A pack's place in all members: their mean, from the first member on, and deviation.
template <class T, int V>
struct Members {
  T first[V], mean[V] = {}, deviation[V];

  __device__ __forceinline__ Members(const T* x, int64_t size, int64_t step) {
    const T part = T(1) / static_cast<T>(size);
    const Pack<T, V> x0 = load<V>(x);
#pragma unroll
    for (int k = 0; k < V; ++k) first[k] = x0.v[k];
#pragma unroll 2
    for (int64_t i = 1; i < size; ++i) {
      const Pack<T, V> xi = load<V>(x + i * step);
#pragma unroll
      for (int k = 0; k < V; ++k) mean[k] += xi.v[k] - first[k];
    }
#pragma unroll
    for (int k = 0; k < V; ++k) {
      mean[k] *= part;
      deviation[k] = mean[k] * mean[k];
    }
#pragma unroll 2
    for (int64_t i = 1; i < size; ++i) {
      const Pack<T, V> xi = load<V>(x + i * step);
#pragma unroll
      for (int k = 0; k < V; ++k) deviation[k] += centred(xi.v[k], k) * centred(xi.v[k], k);
    }
#pragma unroll
    for (int k = 0; k < V; ++k) deviation[k] = sqrt(deviation[k] * part + T(1e-8));
  }
  __device__ __forceinline__ T centred(T x, int k) const {
    return x - first[k] - mean[k];
  }
};

/// The layout as kernels read it, with the inner elements cut into pieces: by the extents alone, so that the
/// bits of sums do not depend on the GPU.
struct Cut {
  int64_t size, shares, inner, positions;
  int64_t sample, step, y_sample, y_step;  // elements of a sample; from member to member of a group
  int64_t length, pieces;
  unsigned threads;

  Cut(const MinibatchStddevLayout& l, int V)
      : size(l.size),
        shares(l.shares),
        inner(l.inner),
        positions(l.positions),
        sample(l.sample()),
        step(l.groups * sample),
        y_sample(l.appended_sample()),
        y_step(l.groups * y_sample),
        threads(std::max(team_for(l.inner, V, most_threads), 32u)) {
    const int64_t unit = static_cast<int64_t>(threads) * V;
    const int64_t wanted = std::clamp<int64_t>(wanted_blocks / (l.groups * l.shares), 1, 64);
    length = blocks_for(blocks_for(inner, wanted), unit) * unit;
    pieces = blocks_for(inner, length);
  }
  /// Groups and shares, and blocks of all.
  int64_t statistics() const { return step / sample * shares; }
  dim3 grid() const { return dim3(static_cast<unsigned>(statistics() * pieces)); }
};

/// What a block takes: elements [begin, end) of the inner ones, at `x` and `y` in the group's first member.
struct Share {
  int64_t begin, end, x, y;
  int64_t appended;  // where y holds the statistic

  __device__ __forceinline__ Share(const Cut& c, int64_t statistic, int64_t piece) {
    const int64_t group = statistic / c.shares, share = statistic - group * c.shares;
    begin = piece * c.length;
    end = min(begin + c.length, c.inner);
    x = group * c.sample + share * c.inner;
    y = group * c.y_sample + share * c.inner;
    appended = group * c.y_sample + c.sample + share * c.positions;
  }
};

/// y's own channels = x, and for each block the sum of the deviations.
template <class T, int V>
__global__ void __launch_bounds__(most_threads)
    stddev_kernel(const T* __restrict__ x, T* __restrict__ y, const Cut c, double* __restrict__ partial) {
  GPU_SHARED(double, scratch, [32]);
  const int64_t statistic = blockIdx.x / c.pieces;
  const Share piece(c, statistic, blockIdx.x - statistic * c.pieces);
  double sum = 0;
  for (int64_t at = piece.begin + threadIdx.x * V; at < piece.end; at += blockDim.x * V) {
    const T* const from = x + piece.x + at;
    const Members<T, V> m(from, c.size, c.step);
#pragma unroll
    for (int k = 0; k < V; ++k) sum += static_cast<double>(m.deviation[k]);
#pragma unroll 2
    for (int64_t i = 0; i < c.size; ++i) store(y + piece.y + at + i * c.y_step, load<V>(from + i * c.step));
  }
  sum = team_reduce(sum, blockDim.x, scratch, add);
  if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

/// The channel appended for the statistic of each block.
template <class T>
__global__ void __launch_bounds__(most_threads)
    stddev_append_kernel(const double* __restrict__ partial, T* __restrict__ y, const Cut c) {
  double total = 0;
  for (int64_t i = 0; i < c.pieces; ++i) total += partial[blockIdx.x * c.pieces + i];
  const T value = static_cast<T>(total / static_cast<double>(c.inner));
  T* const to = y + Share(c, blockIdx.x, 0).appended;
  for (int64_t i = 0; i < c.size; ++i)
    for (int64_t p = threadIdx.x; p < c.positions; p += blockDim.x) to[i * c.y_step + p] = value;
}

/// Each block sums the gradient of what was appended for itself: that is a few elements, mostly.
template <class T, int V>
__global__ void __launch_bounds__(most_threads)
    stddev_grad_kernel(const T* __restrict__ gy, const T* __restrict__ x, T* __restrict__ gx, const Cut c) {
  GPU_SHARED(double, scratch, [32]);
  const int64_t statistic = blockIdx.x / c.pieces;
  const Share piece(c, statistic, blockIdx.x - statistic * c.pieces);
  double total = 0;
  for (int64_t i = 0; i < c.size; ++i)
    for (int64_t p = threadIdx.x; p < c.positions; p += blockDim.x)
      total += static_cast<double>(gy[piece.appended + i * c.y_step + p]);
  total = team_reduce(total, blockDim.x, scratch, add);
  const T gain = static_cast<T>(total / static_cast<double>(c.size * c.inner));
  for (int64_t at = piece.begin + threadIdx.x * V; at < piece.end; at += blockDim.x * V) {
    const T* const from = x + piece.x + at;
    const Members<T, V> m(from, c.size, c.step);
    T slope[V];
#pragma unroll
    for (int k = 0; k < V; ++k) slope[k] = gain / m.deviation[k];
#pragma unroll 2
    for (int64_t i = 0; i < c.size; ++i) {
      const Pack<T, V> xi = load<V>(from + i * c.step);
      Pack<T, V> g = load<V>(gy + piece.y + at + i * c.y_step);
#pragma unroll
      for (int k = 0; k < V; ++k) g.v[k] += m.centred(xi.v[k], k) * slope[k];
      store(gx + piece.x + at + i * c.step, g);
    }
  }
}

template <class T, class... P>
bool fits(const MinibatchStddevLayout& l, const P*... pointers) {
  return fits_widest<T>(l.inner, pointers...) && fits_widest<T>(l.shares * l.positions, pointers...);
}

template <class T, int V>
void stddev(const T* x, T* y, const MinibatchStddevLayout& layout, Device device) {
  const Cut cut(layout, V);
  Tensor partial = Tensor::empty({cut.statistics() * cut.pieces}, DType::f64, device);
  SADDLE_LAUNCH((stddev_kernel<T, V>), cut.grid(), cut.threads, 0, device, x, y, cut, partial.data<double>());
  SADDLE_LAUNCH((stddev_append_kernel<T>), dim3(static_cast<unsigned>(cut.statistics())),
                block_for(cut.positions, most_threads), 0, device,
                static_cast<const double*>(partial.data<double>()), y, cut);
}

template <class T, int V>
void stddev_grad(const T* gy, const T* x, T* gx, const MinibatchStddevLayout& layout, Device device) {
  const Cut cut(layout, V);
  SADDLE_LAUNCH((stddev_grad_kernel<T, V>), cut.grid(), cut.threads, 0, device, gy, x, gx, cut);
}

}  // namespace

void minibatch_stddev(const Tensor& x, Tensor& y, MinibatchStddevLayout layout) {
  dispatch_float("minibatch_stddev", x.dtype(), [&]<class T>() {
    const T* px = x.data<T>();
    T* py = y.data<T>();
    const auto run = fits<T>(layout, px, static_cast<const T*>(py)) ? stddev<T, widest<T>> : stddev<T, 1>;
    run(px, py, layout, y.device());
  });
}

void minibatch_stddev_grad(const Tensor& gy, const Tensor& x, Tensor& gx, MinibatchStddevLayout layout) {
  dispatch_float("minibatch_stddev_grad", x.dtype(), [&]<class T>() {
    const T *pg = gy.data<T>(), *px = x.data<T>();
    T* pz = gx.data<T>();
    const auto run =
        fits<T>(layout, pg, px, static_cast<const T*>(pz)) ? stddev_grad<T, widest<T>> : stddev_grad<T, 1>;
    run(pg, px, pz, layout, gx.device());
  });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
