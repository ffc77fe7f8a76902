// Softmax on the CPU. Where the axis is the innermost one, a row is walked with vectors; elsewhere a vector
// holds neighbouring rows.
#include "kernels/softmax.h"

#include <algorithm>
#include <limits>

#include "core/thread_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/softmax.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// e^(x - top) / sum, or x - top - ln(sum).
template <class N>
HWY_INLINE N finish(N x, N top, N sum, bool logarithm) {
  return logarithm ? x - top - log(sum) : exp(x - top) / sum;
}

/// One row of n contiguous elements.
template <class T>
void softmax_row(const T* x, T* y, int64_t n, bool logarithm) {
  using N = Lanes<T>;
  using Tag = typename N::Tag;
  const N lowest(-std::numeric_limits<double>::infinity());
  // Elements past the end count as -inf: they are never the largest and add nothing to the sum.
  const auto at = [&](int64_t i) {
    if (i + lanes<T>() <= n) return N::load(x + i);
    const auto rest = static_cast<size_t>(n - i);
    return N(hn::IfThenElse(hn::FirstN(Tag(), rest), N::load(x + i, rest).v, lowest.v));
  };
  N top = lowest;
  for (int64_t i = 0; i < n; i += lanes<T>()) top = max(top, at(i));
  top = hn::Set(Tag(), max_of_lanes(top));
  N sum;
  for (int64_t i = 0; i < n; i += lanes<T>()) sum = sum + exp(at(i) - top);
  sum = hn::Set(Tag(), sum_of_lanes(sum));
  for (int64_t i = 0; i < n; i += lanes<T>()) {
    const N value = finish(at(i), top, sum, logarithm);
    i + lanes<T>() <= n ? value.store(y + i) : value.store(y + i, static_cast<size_t>(n - i));
  }
}

/// `count` <= lanes neighbouring rows, whose elements are `stride` apart.
template <class T>
void softmax_columns(const T* x, T* y, int64_t n, int64_t stride, size_t count, bool logarithm) {
  using N = Lanes<T>;
  N top = N::load(x, count), sum;
  for (int64_t i = 1; i < n; ++i) top = max(top, N::load(x + i * stride, count));
  for (int64_t i = 0; i < n; ++i) sum = sum + exp(N::load(x + i * stride, count) - top);
  for (int64_t i = 0; i < n; ++i)
    finish(N::load(x + i * stride, count), top, sum, logarithm).store(y + i * stride, count);
}

void softmax_lanes(const Tensor& x, Tensor& y, int axis, bool logarithm) {
  if (x.numel() == 0) return;
  dispatch_float("softmax", x.dtype(), [&]<class T>() {
    const T* px = x.data<T>();
    T* py = y.data<T>();
    const int64_t n = x.size(axis), inner = x.shape().stride(axis), outer = x.numel() / (n * inner);
    const int64_t width = inner == 1 ? 1 : lanes<T>(), groups = (inner + width - 1) / width;
    parallel_for(outer * groups, std::max<int64_t>(1, 4096 / (n * width)), [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t column = task % groups * width, offset = task / groups * n * inner + column;
        if (inner == 1)
          softmax_row(px + offset, py + offset, n, logarithm);
        else
          softmax_columns(px + offset, py + offset, n, inner,
                          static_cast<size_t>(std::min(width, inner - column)), logarithm);
      }
    });
  });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(softmax_lanes);

void softmax(const Tensor& x, Tensor& y, int axis) {
  HWY_DYNAMIC_DISPATCH(softmax_lanes)(x, y, axis, false);
}

void log_softmax(const Tensor& x, Tensor& y, int axis) {
  HWY_DYNAMIC_DISPATCH(softmax_lanes)(x, y, axis, true);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
