// The formulas of optim.h, once for every device; N is as in elementwise-inl.h. Each functor is given the
// gradient and, by reference, what it updates. A tensor that its options leave unused arrives as 0.
#if defined(SADDLE_KERNELS_OPTIM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_OPTIM_INL_H_
#undef SADDLE_KERNELS_OPTIM_INL_H_
#else
#define SADDLE_KERNELS_OPTIM_INL_H_
#endif

#include "kernels/optim.h"

#ifdef HWY_BEFORE_NAMESPACE
HWY_BEFORE_NAMESPACE();
#endif
namespace saddle::kernels::SADDLE_SIMD_NAMESPACE {

/// Called where the kernel runs.
template <class T>
SADDLE_FUNCTION T read(const Varying<T>& x) {
  return x.slot ? *x.slot : x.value;
}

template <class N>
struct SgdUpdate {
  N rate, momentum, decay;
  bool decays, nesterov;

  SADDLE_FUNCTION SgdUpdate(StepScalars now, SgdOptions o)
      : rate(N(now.rate)),
        momentum(N(o.momentum)),
        decay(N(o.weight_decay)),
        decays(o.weight_decay != 0),
        nesterov(o.nesterov) {}

  SADDLE_FUNCTION void operator()(N g, N& p, N& b) const {
    if (decays) g = g + decay * p;
    b = momentum * b + g;
    p = p - rate * (nesterov ? g + momentum * b : b);
  }
};

template <class N>
struct AdamUpdate {
  N rate, root, shrink, keep1, keep2, take1, take2, eps, decay;
  bool decays;

  SADDLE_FUNCTION AdamUpdate(StepScalars now, AdamOptions o)
      : rate(N(now.rate)),
        root(N(now.root)),
        shrink(N(now.shrink)),
        keep1(N(o.beta1)),
        keep2(N(o.beta2)),
        take1(N(1 - o.beta1)),
        take2(N(1 - o.beta2)),
        eps(N(o.eps)),
        decay(N(o.weight_decay)),
        decays(o.weight_decay != 0) {}

  SADDLE_FUNCTION void operator()(N g, N& p, N& m, N& v) const {
    p = p * shrink;
    if (decays) g = g + decay * p;
    m = keep1 * m + take1 * g;
    v = keep2 * v + take2 * g * g;
    p = p - rate * m / (sqrt(v) / root + eps);
  }
};

template <class N>
struct RmspropUpdate {
  N rate, keep, take, eps, decay, momentum;
  bool decays, centered;

  SADDLE_FUNCTION RmspropUpdate(StepScalars now, RmspropOptions o)
      : rate(N(now.rate)),
        keep(N(o.alpha)),
        take(N(1 - o.alpha)),
        eps(N(o.eps)),
        decay(N(o.weight_decay)),
        momentum(N(o.momentum)),
        decays(o.weight_decay != 0),
        centered(o.centered) {}

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
  explicit SADDLE_FUNCTION LerpUpdate(double now) : weight(N(now)) {}
  SADDLE_FUNCTION void operator()(N x, N& y) const { y = y + weight * (x - y); }
};

}  // namespace saddle::kernels::SADDLE_SIMD_NAMESPACE
#ifdef HWY_AFTER_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif  // toggled guard
