// The formulas of optim.h, once for every device; N is as in elementwise-inl.h. Each functor is given the
// gradient and, by reference, what it updates. A tensor that its options leave unused arrives as 0.
#if defined(SADDLE_KERNELS_OPTIM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_OPTIM_INL_H_
#undef SADDLE_KERNELS_OPTIM_INL_H_
#else
#define SADDLE_KERNELS_OPTIM_INL_H_
#endif

#include <cmath>

#include "kernels/optim.h"

#ifdef HWY_BEFORE_NAMESPACE
HWY_BEFORE_NAMESPACE();
#endif
namespace saddle::kernels::SADDLE_SIMD_NAMESPACE {

template <class N>
struct SgdUpdate {
  N rate, momentum, decay;
  bool decays, nesterov;

  explicit SADDLE_FUNCTION SgdUpdate(SgdStep s)
      : rate(s.lr),
        momentum(s.momentum),
        decay(s.weight_decay),
        decays(s.weight_decay != 0),
        nesterov(s.nesterov) {}

  SADDLE_FUNCTION void operator()(N g, N& p, N& b) const {
    if (decays) g = g + decay * p;
    b = momentum * b + g;
    p = p - rate * (nesterov ? g + momentum * b : b);
  }
};

template <class N>
struct AdamUpdate {
  N keep1, keep2, take1, take2, step_size, root2, eps, decay, shrink;
  bool decays, decoupled;

  explicit SADDLE_FUNCTION AdamUpdate(AdamStep s)
      : keep1(s.beta1),
        keep2(s.beta2),
        take1(1 - s.beta1),
        take2(1 - s.beta2),
        step_size(s.lr / s.correction1),
        root2(std::sqrt(s.correction2)),
        eps(s.eps),
        decay(s.weight_decay),
        shrink(1 - s.lr * s.weight_decay),
        decays(s.weight_decay != 0 && !s.decoupled),
        decoupled(s.weight_decay != 0 && s.decoupled) {}

  SADDLE_FUNCTION void operator()(N g, N& p, N& m, N& v) const {
    if (decoupled) p = p * shrink;
    if (decays) g = g + decay * p;
    m = keep1 * m + take1 * g;
    v = keep2 * v + take2 * g * g;
    p = p - step_size * m / (sqrt(v) / root2 + eps);
  }
};

template <class N>
struct RmspropUpdate {
  N rate, keep, take, eps, decay, momentum;
  bool decays, centered;

  explicit SADDLE_FUNCTION RmspropUpdate(RmspropStep s)
      : rate(s.lr),
        keep(s.alpha),
        take(1 - s.alpha),
        eps(s.eps),
        decay(s.weight_decay),
        momentum(s.momentum),
        decays(s.weight_decay != 0),
        centered(s.centered) {}

  SADDLE_FUNCTION void operator()(N g, N& p, N& v, N& a, N& b) const {
    if (decays) g = g + decay * p;
    v = keep * v + take * g * g;
    N variance = v;
    if (centered) {
      a = keep * a + take * g;
      variance = max(v - a * a, N(0));  // never below 0, but for rounding
    }
    b = momentum * b + g / (sqrt(variance) + eps);
    p = p - rate * b;
  }
};

template <class N>
struct LerpUpdate {
  N weight;
  explicit SADDLE_FUNCTION LerpUpdate(double w) : weight(w) {}
  SADDLE_FUNCTION void operator()(N x, N& y) const { y = y + weight * (x - y); }
};

}  // namespace saddle::kernels::SADDLE_SIMD_NAMESPACE
#ifdef HWY_AFTER_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif  // toggled guard
