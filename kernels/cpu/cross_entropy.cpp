// Cross-entropy on the CPU: a row at a time, with vectors.
#include "kernels/cross_entropy.h"

#include <algorithm>
#include <limits>

#include "core/thread_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/cross_entropy.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/wide_sum-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

template <class T>
HWY_INLINE Lanes<T> max_of_first(Lanes<T> top, Lanes<T> x) {
  return max(top, x);
}
template <class T>
HWY_INLINE Lanes<T> max_of_first(Lanes<T> top, Lanes<T> x, size_t count) {
  return select(LaneMask<T>{hn::FirstN(typename Lanes<T>::Tag(), count)}, max(top, x), top);
}

/// The largest element, and ln of the sum of the exponentials shifted by it.
template <class T>
struct LogSum {
  double top, log_sum;

  LogSum(const T* x, int64_t n) {
    using N = Lanes<T>;
    N tops(-std::numeric_limits<double>::infinity());
    for_vectors<T>(
        n, [&](int64_t i, auto... rest) { tops = max_of_first(tops, N::load(x + i, rest...), rest...); });
    top = static_cast<double>(max_of_lanes(tops));
    const N shift(top);
    WideSum<T> sum;
    for_vectors<T>(n,
                   [&](int64_t i, auto... rest) { sum.add(exp(N::load(x + i, rest...) - shift), rest...); });
    log_sum = std::log(sum.total());
  }
};

/// Calls f(row) for all rows of x, in parallel.
template <class F>
void for_each_row(const Tensor& x, F&& f) {
  parallel_for(x.size(0), std::max<int64_t>(1, 4096 / x.size(1)), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) f(row);
  });
}

void cross_entropy_lanes(const Tensor& x, const Tensor& labels, Tensor& losses, double smoothing) {
  if (x.numel() == 0) return;
  dispatch_float("cross_entropy", x.dtype(), [&]<class T>() {
    using N = Lanes<T>;
    const int64_t n = x.size(1);
    for_each_row(x, [&](int64_t row) {
      const T* px = x.data<T>() + row * n;
      const LogSum<T> s(px, n);
      double loss = s.log_sum - (static_cast<double>(px[labels.data<int64_t>()[row]]) - s.top);
      if (smoothing > 0) {
        const N top(s.top);
        WideSum<T> sum;
        for_vectors<T>(n, [&](int64_t i, auto... rest) { sum.add(N::load(px + i, rest...) - top, rest...); });
        loss = (1 - smoothing) * loss + smoothing * (s.log_sum - sum.total() / static_cast<double>(n));
      }
      losses.data<T>()[row] = static_cast<T>(loss);
    });
  });
}

void cross_entropy_grad_lanes(const Tensor& g, const Tensor& x, const Tensor& labels, Tensor& gx,
                              double smoothing) {
  if (x.numel() == 0) return;
  dispatch_float("cross_entropy_grad", x.dtype(), [&]<class T>() {
    using N = Lanes<T>;
    const int64_t n = x.size(1);
    for_each_row(x, [&](int64_t row) {
      const T* px = x.data<T>() + row * n;
      T* pz = gx.data<T>() + row * n;
      const LogSum<T> s(px, n);
      const auto gain = static_cast<double>(g.data<T>()[row]);
      const N top(s.top), log_sum(s.log_sum), own(gain), share(gain * smoothing / static_cast<double>(n));
      for_vectors<T>(n, [&](int64_t i, auto... rest) {
        (own * exp(N::load(px + i, rest...) - top - log_sum) - share).store(pz + i, rest...);
      });
      pz[labels.data<int64_t>()[row]] -= static_cast<T>(gain * (1 - smoothing));
    });
  });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(cross_entropy_lanes);
HWY_EXPORT(cross_entropy_grad_lanes);

void cross_entropy(const Tensor& x, const Tensor& labels, Tensor& losses, double smoothing) {
  HWY_DYNAMIC_DISPATCH(cross_entropy_lanes)(x, labels, losses, smoothing);
}

void cross_entropy_grad(const Tensor& g, const Tensor& x, const Tensor& labels, Tensor& gx,
                        double smoothing) {
  HWY_DYNAMIC_DISPATCH(cross_entropy_grad_lanes)(g, x, labels, gx, smoothing);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
