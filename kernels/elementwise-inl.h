// The elementwise formulas, once for every device. N is a number: a vector of lanes on the CPU (see
// cpu/vec-inl.h), a float or double on a GPU. Both offer + - * /, comparisons, select(mask, yes, no), max,
// min, abs, sqrt, exp, log, log1p, tanh and pow. Formulas are those listed in elementwise.h.
//
// Included once for each Highway target, hence the toggled guard; a file without targets defines
// SADDLE_SIMD_NAMESPACE and SADDLE_FUNCTION itself before including this.
#if defined(SADDLE_KERNELS_ELEMENTWISE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_ELEMENTWISE_INL_H_
#undef SADDLE_KERNELS_ELEMENTWISE_INL_H_
#else
#define SADDLE_KERNELS_ELEMENTWISE_INL_H_
#endif

#include "kernels/elementwise.h"

#ifdef HWY_BEFORE_NAMESPACE
HWY_BEFORE_NAMESPACE();
#endif
namespace saddle::kernels::SADDLE_SIMD_NAMESPACE {

#define SADDLE_UNARY(Name, formula)                                   \
  template <class N>                                                  \
  struct Name {                                                       \
    N a, b;                                                           \
    explicit SADDLE_FUNCTION Name(Params p) : a(N(p.a)), b(N(p.b)) {} \
    SADDLE_FUNCTION N operator()(N x) const { return formula; }       \
  };

SADDLE_UNARY(Neg, N(0) - x)
SADDLE_UNARY(Exp, exp(x))
SADDLE_UNARY(Log, log(x))
SADDLE_UNARY(Sqrt, sqrt(x))
SADDLE_UNARY(Rsqrt, N(1) / sqrt(x))
SADDLE_UNARY(Abs, abs(x))
SADDLE_UNARY(Sign, select(x > N(0), N(1), select(x < N(0), N(-1), N(0))))
SADDLE_UNARY(Square, x* x)
SADDLE_UNARY(Reciprocal, N(1) / x)
SADDLE_UNARY(Pow, pow(x, a))
SADDLE_UNARY(Affine, a* x + b)
SADDLE_UNARY(Clamp, min(max(x, a), b))
SADDLE_UNARY(Relu, max(x, N(0)))
SADDLE_UNARY(LeakyRelu, select(x > N(0), x, a* x))
SADDLE_UNARY(Sigmoid, N(1) / (N(1) + exp(N(0) - x)))
SADDLE_UNARY(Tanh, tanh(x))
SADDLE_UNARY(Softplus, max(x, N(0)) + log1p(exp(N(0) - abs(x))))
#undef SADDLE_UNARY

#define SADDLE_BINARY(Name, formula)                                   \
  template <class N>                                                   \
  struct Name {                                                        \
    N a, b;                                                            \
    explicit SADDLE_FUNCTION Name(Params p) : a(N(p.a)), b(N(p.b)) {}  \
    SADDLE_FUNCTION N operator()(N x0, N x1) const { return formula; } \
  };

SADDLE_BINARY(Add, x0 + x1)
SADDLE_BINARY(Sub, x0 - x1)
SADDLE_BINARY(Mul, x0* x1)
SADDLE_BINARY(Div, x0 / x1)
SADDLE_BINARY(Maximum, max(x0, x1))
SADDLE_BINARY(Minimum, min(x0, x1))
SADDLE_BINARY(ClampGrad, select(x1 >= a, select(x1 <= b, x0, N(0)), N(0)))
SADDLE_BINARY(LeakyReluGrad, select(x1 > N(0), x0, a* x0))
SADDLE_BINARY(SigmoidGrad, x0* x1*(N(1) - x1))
SADDLE_BINARY(TanhGrad, x0*(N(1) - x1 * x1))
#undef SADDLE_BINARY

}  // namespace saddle::kernels::SADDLE_SIMD_NAMESPACE
#ifdef HWY_AFTER_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#endif  // toggled guard
