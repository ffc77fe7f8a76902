// Losses on the CPU: one pass, whose ranges each give a partial sum.
#include "kernels/loss.h"

#include <numeric>

#include "core/thread_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/loss.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/wide_sum-inl.h"

#include "kernels/loss-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

constexpr int64_t grain = 4096;  // elements a range: few enough that a sum of f64 stays exact enough

template <class T>
struct Targets {
  const T* each;
  Lanes<T> all;

  HWY_INLINE Targets(const Tensor& target, double number)
      : each(target.defined() ? target.data<T>() : nullptr), all(number) {}
  template <class... Rest>
  HWY_INLINE Lanes<T> load(int64_t i, Rest... rest) const {
    return each ? Lanes<T>::load(each + i, rest...) : all;
  }
};

template <class L, class T>
void sum_losses(const Tensor& x, const Tensor& target, Tensor& y, const LossRule& rule) {
  using N = Lanes<T>;
  const T* px = x.data<T>();
  const int64_t n = x.numel(), ranges = (n + grain - 1) / grain;
  Tensor sums = Tensor::empty({ranges}, DType::f64);
  double* const partial = sums.data<double>();
  parallel_for(n, grain, [&](int64_t begin, int64_t end) {
    const Targets<T> t(target, rule.target);
    WideSum<T> sum;
    for_vectors<T>(end - begin, [&](int64_t i, auto... rest) {
      const int64_t at = begin + i;
      sum.add(L::value(N::load(px + at, rest...), t.load(at, rest...)), rest...);
    });
    partial[begin / grain] = sum.total();
  });
  *y.data<T>() = static_cast<T>(rule.scale * std::accumulate(partial, partial + ranges, 0.0));
}

template <class L, class T>
void write_gradient(const Tensor& gy, const Tensor& x, const Tensor& target, Tensor& gx,
                    const LossRule& rule) {
  using N = Lanes<T>;
  const T* px = x.data<T>();
  T* pz = gx.data<T>();
  const double gain = rule.scale * static_cast<double>(*gy.data<T>());
  parallel_for(x.numel(), grain, [&](int64_t begin, int64_t end) {
    const Targets<T> t(target, rule.target);
    const N g(gain);
    for_vectors<T>(end - begin, [&](int64_t i, auto... rest) {
      const int64_t at = begin + i;
      (g * L::slope(N::load(px + at, rest...), t.load(at, rest...))).store(pz + at, rest...);
    });
  });
}

void loss_lanes(const Tensor& x, const Tensor& target, Tensor& y, const LossRule& rule) {
  dispatch_float("loss", x.dtype(), [&]<class T>() {
    dispatch_loss(rule.kind, [&]<class L>() { sum_losses<L, T>(x, target, y, rule); });
  });
}

void loss_grad_lanes(const Tensor& gy, const Tensor& x, const Tensor& target, Tensor& gx,
                     const LossRule& rule) {
  dispatch_float("loss_grad", x.dtype(), [&]<class T>() {
    dispatch_loss(rule.kind, [&]<class L>() { write_gradient<L, T>(gy, x, target, gx, rule); });
  });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(loss_lanes);
HWY_EXPORT(loss_grad_lanes);

void loss(const Tensor& x, const Tensor& target, Tensor& y, LossRule rule) {
  HWY_DYNAMIC_DISPATCH(loss_lanes)(x, target, y, rule);
}

void loss_grad(const Tensor& gy, const Tensor& x, const Tensor& target, Tensor& gx, LossRule rule) {
  HWY_DYNAMIC_DISPATCH(loss_grad_lanes)(gy, x, target, gx, rule);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
