// What normalisation does with each element on the GPU, forward and backward alike: a pass that sums, and one
// that writes. Statistics are of f64. Elements of f32 are taken in short batches that f32 sums without loss:
// forward, of differences from the batch's first element, so that a mean far above the deviation costs
// nothing. Batches are brought to a common pivot and summed in f64: a few of its slow operations for 16
// elements.
//
// Through an activation that followed, gradients are taken as they are loaded: what it was given is computed
// again, by the operations of forward.
#pragma once
#include "kernels/cuda/block_reduce.h"
#include "kernels/cuda/scalar.h"
#include "kernels/norm.h"

#include "kernels/activation-inl.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {

/// Forward: sums of differences from a pivot, and of their squares. Backward: of gradients, and of their
/// products with xhat.
struct NormSums {
  double a, b;
};

__device__ __forceinline__ NormSums operator+(NormSums s, NormSums t) {
  return {s.a + t.a, s.b + t.b};
}
__device__ __forceinline__ NormSums from_lane_xor(NormSums s, unsigned mask) {
  const double a = __shfl_xor_sync(~0u, s.a, static_cast<int>(mask));
  const double b = __shfl_xor_sync(~0u, s.b, static_cast<int>(mask));
  return {a, b};
}
__device__ __forceinline__ NormSums team_sum(NormSums s, unsigned team, NormSums* scratch) {
  return team_reduce(s, team, scratch, [](NormSums x, NormSums y) { return x + y; });
}

/// What a statistic's elements are written with: xhat = (x - centre) r + rest, where centre is the mean as T
/// holds it; then y = xhat w + b, or gx = g along + xhat across + constant.
template <class T>
struct NormLine {
  T centre, r, rest;
  T along, across, constant;

  __device__ __forceinline__ T xhat(T x) const { return fma(x - centre, r, rest); }
};

/// Both directions of normalisation. `z` is y, or gx if `grad`.
template <class T, bool grad>
struct NormPass {
  using Statistic = std::conditional_t<grad, const double, double>;
  const T *x, *gy, *weight, *bias;
  T* z;
  Statistic *mean, *var;  // outputs forward, inputs backward
  double eps, inverse_count;
  Activation activation;

  __device__ __forceinline__ T activated(T given) const {
    if (given > T(0) || activation.kind == Activation::none) return given;
    return activation.kind == Activation::relu ? Relu<T>({})(given)
                                               : static_cast<T>(activation.slope) * given;
  }
  /// Backward: whether gradients must be taken through an activation, and that of one which was given xhat w
  /// + b.
  __device__ __forceinline__ bool rectified() const { return grad && activation.kind != Activation::none; }
  __device__ __forceinline__ T through(T g, T xhat, T w, T b) const {
    return fma(xhat, w, b) > T(0) ? g : static_cast<T>(activation.slope) * g;
  }

  /// What is known of a statistic before its sums.
  struct Known {
    double pivot;      // forward
    NormLine<T> line;  // backward
  };
  /// `first`: where the statistic's first element lies.
  __device__ __forceinline__ Known known(int64_t statistic, int64_t first) const {
    if constexpr (grad)
      return {0, line_of(mean[statistic], var[statistic])};
    else
      return {static_cast<double>(x[first]), {}};
  }
  __device__ __forceinline__ NormLine<T> line_of(double m, double v) const {
    const T centre = static_cast<T>(m), r = T(1) / sqrt(static_cast<T>(v + eps));
    return {centre, r, static_cast<T>(static_cast<double>(centre) - m) * r, 0, 0, 0};
  }

  /// `sums` and those of the first `valid` of some packs.
  template <int V, size_t packs>
  __device__ __forceinline__ NormSums add(NormSums sums, const Known& known, const Pack<T, V> (&px)[packs],
                                          const Pack<T, V> (&pg)[packs], uint32_t valid) const {
    T a = 0, b = 0;
    const T first = px[0].v[0];
#pragma unroll
    for (uint32_t u = 0; u < packs; ++u) {
      if (u >= valid) continue;
      for (int k = 0; k < V; ++k) {
        const T g = grad ? pg[u].v[k] : px[u].v[k] - first;
        a += g;
        b = fma(g, grad ? known.line.xhat(px[u].v[k]) : g, b);
      }
    }
    if constexpr (grad) return {sums.a + a, sums.b + b};
    const double n = valid * V, up = static_cast<double>(first) - known.pivot;
    return {sums.a + (a + n * up), sums.b + (b + up * (2 * static_cast<double>(a) + n * up))};
  }

  /// The line of a statistic from its sums. `w`: the weight of all its elements, if they share one. Forward,
  /// `leader` hands out mean and variance.
  __device__ __forceinline__ NormLine<T> line(const NormSums& sums, const Known& known, T w,
                                              int64_t statistic, bool leader) const {
    if constexpr (grad) {
      NormLine<T> line = known.line;
      line.along = line.r * w;
      line.across = -line.along * static_cast<T>(sums.b * inverse_count);
      line.constant = -line.along * static_cast<T>(sums.a * inverse_count);
      return line;
    } else {
      const double shift = sums.a * inverse_count, m = known.pivot + shift;
      double v = sums.b * inverse_count - shift * shift;
      if (v < 0) v = 0;  // rounding; NaN stays
      if (leader) mean[statistic] = m;
      if (leader) var[statistic] = v;
      return line_of(m, v);
    }
  }

  /// What is written at elements x, where g are gradients with their weights, or w and b forward.
  template <int V>
  __device__ __forceinline__ Pack<T, V> written(const NormLine<T>& line, const Pack<T, V>& px,
                                                const Pack<T, V>& pg, const Pack<T, V>& w,
                                                const Pack<T, V>& b) const {
    Pack<T, V> out;
    for (int k = 0; k < V; ++k) {
      const T xhat = line.xhat(px.v[k]);
      out.v[k] = grad ? fma(xhat, line.across, fma(pg.v[k], line.along, line.constant))
                      : activated(fma(xhat, w.v[k], b.v[k]));
    }
    return out;
  }
};

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
