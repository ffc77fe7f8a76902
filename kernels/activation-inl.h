// The formulas of activations for kernels that end with one, from those of elementwise-inl.h: N as there.
#if defined(SADDLE_KERNELS_ACTIVATION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_ACTIVATION_INL_H_
#undef SADDLE_KERNELS_ACTIVATION_INL_H_
#else
#define SADDLE_KERNELS_ACTIVATION_INL_H_
#endif

#include "kernels/activation.h"

#include "kernels/elementwise-inl.h"

#ifdef HWY_BEFORE_NAMESPACE
HWY_BEFORE_NAMESPACE();
#endif
namespace saddle::kernels::SADDLE_SIMD_NAMESPACE {

template <class N>
struct Unchanged {
  explicit SADDLE_FUNCTION Unchanged(Params) {}
  SADDLE_FUNCTION N operator()(N x) const { return x; }
};
template <class N>
struct UnchangedGrad {
  explicit SADDLE_FUNCTION UnchangedGrad(Params) {}
  SADDLE_FUNCTION N operator()(N gy, N) const { return gy; }
};

inline Params params_of(const Activation& activation) {
  return {.a = activation.below()};
}

/// Calls f.operator()<F>() with the functor of one that is linear in pieces.
template <class F>
void dispatch_rectifier(const Activation& activation, F&& f) {
  if (activation.kind == Activation::relu) return f.template operator()<Relu>();
  if (activation.kind == Activation::leaky_relu) return f.template operator()<LeakyRelu>();
  f.template operator()<Unchanged>();
}
template <class F>
void dispatch_activation(const Activation& activation, F&& f) {
  if (activation.kind == Activation::tanh) return f.template operator()<Tanh>();
  dispatch_rectifier(activation, f);
}
/// The functor of the gradient: of gy and y.
template <class F>
void dispatch_activation_grad(const Activation& activation, F&& f) {
  if (activation.kind == Activation::tanh) return f.template operator()<TanhGrad>();
  if (activation.any()) return f.template operator()<LeakyReluGrad>();
  f.template operator()<UnchangedGrad>();
}

}  // namespace saddle::kernels::SADDLE_SIMD_NAMESPACE
#ifdef HWY_AFTER_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif  // toggled guard
