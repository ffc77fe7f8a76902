// Elementwise kernels: one output element from the same place of each input. Memory-bound: a unary kernel
// moves 2 elements, a binary one 3, for a handful of operations.
//
// A new one is a line in a list below and a functor of the same name in elementwise-inl.h.
#pragma once
#include "kernels/kernel.h"

namespace saddle::kernels {

/// Constants of a functor: slope, bounds, exponent; each says which it reads.
struct Params {
  double a = 0, b = 0;
};

/// y[i] = f(x[i]). f32 or f64; y has x's shape and dtype and may be x itself.
using Unary = void(const Tensor& x, Tensor& y, Params params);
/// y = f(x0, x1) with NumPy broadcasting to y's shape. f32 or f64, the same in all three. y may be an operand
/// of y's shape.
using Binary = void(const Tensor& x0, const Tensor& x1, Tensor& y, Params params);
/// y = x0 ? x1 : ... as u8 0 or 1, broadcast as Binary; x0, x1 are f32, f64 or i64, y is u8.
using Compare = void(const Tensor& x0, const Tensor& x1, Tensor& y);
/// y[i] = condition[i] ? x0[i] : x1[i], no broadcasting. condition is u8; x0, x1, y are f32 or f64.
using Where = void(const Tensor& condition, const Tensor& x0, const Tensor& x1, Tensor& y);
/// y[i] = x[i] converted: any dtype to any other. Floats to integers truncate; u8 keeps the low eight bits.
using Cast = void(const Tensor& x, Tensor& y);
/// y[i] = value, any dtype.
using Fill = void(Tensor& y, double value);
/// y[i] += 1, i64: a count that lies on the device, where a replayed step goes on counting.
using Increment = void(Tensor& y);

// name, functor, formula
#define SADDLE_UNARY_KERNELS(X)                              \
  X(neg, Neg)               /* -x */                         \
  X(exp, Exp)               /* e^x */                        \
  X(log, Log)               /* ln x; -inf at 0, NaN below */ \
  X(sqrt, Sqrt)             /* x^0.5 */                      \
  X(rsqrt, Rsqrt)           /* x^-0.5 */                     \
  X(abs, Abs)               /* |x| */                        \
  X(sign, Sign)             /* -1, 0, 1 */                   \
  X(square, Square)         /* x^2 */                        \
  X(reciprocal, Reciprocal) /* 1 / x */                      \
  X(pow, Pow)               /* x^a, as std::pow */           \
  X(affine, Affine)         /* a x + b */                    \
  X(clamp, Clamp)           /* min(max(x, a), b) */          \
  X(relu, Relu)             /* max(x, 0) */                  \
  X(leaky_relu, LeakyRelu)  /* x > 0 ? x : a x */            \
  X(sigmoid, Sigmoid)       /* 1 / (1 + e^-x) */             \
  X(tanh, Tanh)             /* tanh x */                     \
  X(softplus, Softplus)     /* ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|) */

#define SADDLE_BINARY_KERNELS(X)                                                \
  X(add, Add)                       /* x0 + x1 */                               \
  X(sub, Sub)                       /* x0 - x1 */                               \
  X(mul, Mul)                       /* x0 x1 */                                 \
  X(div, Div)                       /* x0 / x1 */                               \
  X(maximum, Maximum)               /* max(x0, x1) */                           \
  X(minimum, Minimum)               /* min(x0, x1) */                           \
  X(clamp_grad, ClampGrad)          /* x0 where a <= x1 <= b, else 0 */         \
  X(leaky_relu_grad, LeakyReluGrad) /* x1 > 0 ? x0 : a x0; relu's with a = 0 */ \
  X(sigmoid_grad, SigmoidGrad)      /* x0 x1 (1 - x1), x1 = sigmoid(x) */       \
  X(tanh_grad, TanhGrad)            /* x0 (1 - x1^2), x1 = tanh(x) */

#define SADDLE_COMPARE_KERNELS(X) X(eq, ==) X(ne, !=) X(lt, <) X(le, <=) X(gt, >) X(ge, >=)

#define SADDLE_DECLARE(name, functor) SADDLE_KERNEL(name, Unary);
SADDLE_UNARY_KERNELS(SADDLE_DECLARE)
#undef SADDLE_DECLARE
#define SADDLE_DECLARE(name, functor) SADDLE_KERNEL(name, Binary);
SADDLE_BINARY_KERNELS(SADDLE_DECLARE)
#undef SADDLE_DECLARE
#define SADDLE_DECLARE(name, symbol) SADDLE_KERNEL(name, Compare);
SADDLE_COMPARE_KERNELS(SADDLE_DECLARE)
#undef SADDLE_DECLARE
SADDLE_KERNEL(where, Where);
SADDLE_KERNEL(cast, Cast);
SADDLE_KERNEL(fill, Fill);
SADDLE_KERNEL(increment, Increment);

}  // namespace saddle::kernels
