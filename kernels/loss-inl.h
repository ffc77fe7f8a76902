// The formulas of the losses, once for every device: N is a number, as in elementwise-inl.h. `value` is
// f(x, t), `slope` df/dx.
//
// Included once for each Highway target, hence the toggled guard.
#if defined(SADDLE_KERNELS_LOSS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_LOSS_INL_H_
#undef SADDLE_KERNELS_LOSS_INL_H_
#else
#define SADDLE_KERNELS_LOSS_INL_H_
#endif

#include "kernels/loss.h"

#ifdef HWY_BEFORE_NAMESPACE
HWY_BEFORE_NAMESPACE();
#endif
namespace saddle::kernels::SADDLE_SIMD_NAMESPACE {

// Sums of what is not negative, for 0 <= t <= 1: a small loss is not lost in the difference of large numbers,
// nor a small slope.
struct BceLoss {
  template <class N>
  static SADDLE_FUNCTION N value(N x, N t) {
    return t * max(N(0) - x, N(0)) + (N(1) - t) * max(x, N(0)) + log1p(exp(N(0) - abs(x)));
  }
  template <class N>
  static SADDLE_FUNCTION N slope(N x, N t) {
    const N e = exp(N(0) - abs(x)), large = N(1) / (N(1) + e), small = e * large;
    return (N(1) - t) * select(x < N(0), small, large) - t * select(x < N(0), large, small);
  }
};

struct MseLoss {
  template <class N>
  static SADDLE_FUNCTION N value(N x, N t) {
    return (x - t) * (x - t);
  }
  template <class N>
  static SADDLE_FUNCTION N slope(N x, N t) {
    return N(2) * (x - t);
  }
};

struct L1Loss {
  template <class N>
  static SADDLE_FUNCTION N value(N x, N t) {
    return abs(x - t);
  }
  template <class N>
  static SADDLE_FUNCTION N slope(N x, N t) {
    return select(x > t, N(1), N(0)) - select(x < t, N(1), N(0));
  }
};

struct HingeLoss {
  template <class N>
  static SADDLE_FUNCTION N value(N x, N t) {
    return max(N(1) - t * x, N(0));
  }
  template <class N>
  static SADDLE_FUNCTION N slope(N x, N t) {
    return select(N(1) - t * x > N(0), N(0) - t, N(0));
  }
};

/// Calls f.operator()<L>() with the formulas of a loss.
template <class F>
void dispatch_loss(LossKind kind, F&& f) {
  if (kind == LossKind::bce) return f.template operator()<BceLoss>();
  if (kind == LossKind::mse) return f.template operator()<MseLoss>();
  if (kind == LossKind::l1) return f.template operator()<L1Loss>();
  f.template operator()<HingeLoss>();
}

}  // namespace saddle::kernels::SADDLE_SIMD_NAMESPACE
#ifdef HWY_AFTER_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif  // toggled guard
