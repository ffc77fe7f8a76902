// Losses on the GPU. A block sums a piece, 16 bytes of each operand at a time; where there is more than one
// piece, a second launch sums what they gave, in order: no atomics, and the same bits on every GPU. Bound by
// reading x and the targets, 4 bytes each an element of f32; expected: 85 % of the bandwidth of reading.
#include "kernels/loss.h"

#include <algorithm>

#include "kernels/cuda/block_reduce.h"
#include "kernels/cuda/scalar.h"

#include "kernels/loss-inl.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

constexpr unsigned most_threads = 256;
/// Elements that a piece has at least, 32 a thread.
constexpr int64_t least_piece = 8192;

struct AddDoubles {
  __device__ __forceinline__ double operator()(double a, double b) const { return a + b; }
};

/// Elements are added in f32 within a pack, else in f64.
template <class L, class T, bool all_alike>
__device__ __forceinline__ double sum_piece(const T* __restrict__ x, const T* __restrict__ targets, T target,
                                            int64_t begin, int64_t end) {
  constexpr int V = widest<T>;
  const int64_t step = static_cast<int64_t>(blockDim.x) * V;
  double sum = 0;
  int64_t i = begin + threadIdx.x * V;
#pragma unroll 4
  for (; i + V <= end; i += step) {
    const Pack<T, V> px = load<V>(x + i);
    Pack<T, V> pt = px;
    if (!all_alike) pt = load<V>(targets + i);
    T part = 0;
#pragma unroll
    for (int k = 0; k < V; ++k) part += L::value(px.v[k], all_alike ? target : pt.v[k]);
    sum += static_cast<double>(part);
  }
  for (; i < end; ++i) sum += static_cast<double>(L::value(x[i], all_alike ? target : targets[i]));
  return sum;
}

/// out[block] = scale * the sum of the block's piece. `targets` may be null.
template <class L, class T, class Out>
__global__ void __launch_bounds__(most_threads)
    loss_kernel(const T* __restrict__ x, const T* __restrict__ targets, T target, int64_t n, int64_t piece,
                double scale, Out* __restrict__ out) {
  GPU_SHARED(double, scratch, [32]);
  const int64_t begin = blockIdx.x * piece, end = min(begin + piece, n);
  double sum = targets ? sum_piece<L, T, false>(x, targets, target, begin, end)
                       : sum_piece<L, T, true>(x, targets, target, begin, end);
  sum = team_reduce(sum, blockDim.x, scratch, AddDoubles{});
  if (threadIdx.x == 0) out[blockIdx.x] = static_cast<Out>(scale * sum);
}

template <class T>
__global__ void __launch_bounds__(most_threads)
    loss_total_kernel(const double* __restrict__ partial, int64_t pieces, T* __restrict__ y) {
  GPU_SHARED(double, scratch, [32]);
  double sum = 0;
  for (int64_t i = threadIdx.x; i < pieces; i += blockDim.x) sum += partial[i];
  sum = team_reduce(sum, blockDim.x, scratch, AddDoubles{});
  if (threadIdx.x == 0) *y = static_cast<T>(sum);
}

template <class L, class T>
void sum_losses(const T* x, const T* targets, T* y, int64_t n, const LossRule& rule, Device device) {
  const int64_t wanted = std::clamp<int64_t>(n / least_piece, 1, wanted_blocks);
  const int64_t piece = blocks_for(blocks_for(n, wanted), 16) * 16;  // begins at a multiple of 16 bytes
  const int64_t pieces = std::max<int64_t>(1, blocks_for(n, piece));
  const unsigned threads = std::max(team_for(piece, widest<T>, most_threads), 32u);
  const auto target = static_cast<T>(rule.target);
  if (pieces == 1) {
    SADDLE_LAUNCH((loss_kernel<L, T, T>), dim3(1), threads, 0, device, x, targets, target, n, piece,
                  rule.scale, y);
    return;
  }
  Tensor sums = Tensor::empty({pieces}, DType::f64, device);
  double* const partial = sums.data<double>();
  SADDLE_LAUNCH((loss_kernel<L, T, double>), dim3(static_cast<unsigned>(pieces)), threads, 0, device, x,
                targets, target, n, piece, rule.scale, partial);
  SADDLE_LAUNCH((loss_total_kernel<T>), dim3(1), std::max(team_for(pieces, 1, most_threads), 32u), 0, device,
                static_cast<const double*>(partial), pieces, y);
}

}  // namespace

void loss(const Tensor& x, const Tensor& target, Tensor& y, LossRule rule) {
  dispatch_float("loss", x.dtype(), [&]<class T>() {
    const T* targets = target.defined() ? target.data<T>() : nullptr;
    dispatch_loss(rule.kind, [&]<class L>() {
      sum_losses<L, T>(x.data<T>(), targets, y.data<T>(), x.numel(), rule, y.device());
    });
  });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
