// Elementwise operations. f32 and f64. Binary ones broadcast by NumPy's rules and throw ShapeError for shapes
// that do not broadcast, for mixed dtypes and for mixed devices.
#pragma once
#include <limits>

#include "autograd/variable.h"

namespace saddle {

Variable add(const Variable& x0, const Variable& x1);
Variable sub(const Variable& x0, const Variable& x1);
Variable mul(const Variable& x0, const Variable& x1);
Variable div(const Variable& x0, const Variable& x1);
/// The larger of the two; where they are equal the gradient is shared half and half.
Variable maximum(const Variable& x0, const Variable& x1);
Variable minimum(const Variable& x0, const Variable& x1);

Variable neg(const Variable& x);
Variable exp(const Variable& x);
/// Natural logarithm.
Variable log(const Variable& x);
Variable sqrt(const Variable& x);
/// 1 / sqrt(x).
Variable rsqrt(const Variable& x);
/// |x|; the gradient at 0 is 0.
Variable abs(const Variable& x);
/// -1, 0 or 1; no gradient flows.
Variable sign(const Variable& x);
Variable square(const Variable& x);
Variable reciprocal(const Variable& x);
/// x^exponent with a constant exponent, as std::pow.
Variable pow(const Variable& x, double exponent);
/// scale * x + shift.
Variable affine(const Variable& x, double scale, double shift);
/// min(max(x, low), high); the gradient is 1 where low <= x <= high. Throws ShapeError unless low <= high.
Variable clamp(const Variable& x, double low = -std::numeric_limits<double>::infinity(),
               double high = std::numeric_limits<double>::infinity());

Variable relu(const Variable& x);
/// x > 0 ? x : negative_slope * x. Throws ShapeError for a negative_slope below 0.
Variable leaky_relu(const Variable& x, double negative_slope = 0.01);
/// 1 / (1 + e^-x).
Variable sigmoid(const Variable& x);
Variable tanh(const Variable& x);
/// ln(1 + e^x), without overflow.
Variable softplus(const Variable& x);

/// Comparisons broadcast and give u8, 0 or 1; f32, f64, u8 and i64; no gradient flows.
Variable eq(const Variable& x0, const Variable& x1);
Variable ne(const Variable& x0, const Variable& x1);
Variable lt(const Variable& x0, const Variable& x1);
Variable le(const Variable& x0, const Variable& x1);
Variable gt(const Variable& x0, const Variable& x1);
Variable ge(const Variable& x0, const Variable& x1);
/// condition ? x0 : x1, all three broadcast together; condition is u8.
Variable where(const Variable& condition, const Variable& x0, const Variable& x1);

/// x with another element type. Gradients flow between f32 and f64.
Variable cast(const Variable& x, DType dtype);
/// A constant of x's shape, dtype and device.
Variable full_like(const Variable& x, double value);

// The fused derivatives of the activations, ops of their own so that they can be differentiated again.

/// gy where low <= x <= high, else 0.
Variable clamp_grad(const Variable& gy, const Variable& x, double low, double high);
/// y > 0 ? gy : negative_slope * gy; y may be the activation's input or its output, whose signs agree.
Variable leaky_relu_grad(const Variable& gy, const Variable& y, double negative_slope);
/// gy y (1 - y), y = sigmoid(x).
Variable sigmoid_grad(const Variable& gy, const Variable& y);
/// gy (1 - y^2), y = tanh(x).
Variable tanh_grad(const Variable& gy, const Variable& y);

// clang-format off
inline Variable operator+(const Variable& a, const Variable& b) { return add(a, b); }
inline Variable operator-(const Variable& a, const Variable& b) { return sub(a, b); }
inline Variable operator*(const Variable& a, const Variable& b) { return mul(a, b); }
inline Variable operator/(const Variable& a, const Variable& b) { return div(a, b); }
inline Variable operator-(const Variable& x) { return neg(x); }
inline Variable operator+(const Variable& x, double c) { return affine(x, 1, c); }
inline Variable operator+(double c, const Variable& x) { return affine(x, 1, c); }
inline Variable operator-(const Variable& x, double c) { return affine(x, 1, -c); }
inline Variable operator-(double c, const Variable& x) { return affine(x, -1, c); }
inline Variable operator*(const Variable& x, double c) { return affine(x, c, 0); }
inline Variable operator*(double c, const Variable& x) { return affine(x, c, 0); }
inline Variable operator/(const Variable& x, double c) { return affine(x, 1 / c, 0); }
inline Variable operator/(double c, const Variable& x) { return affine(reciprocal(x), c, 0); }
// clang-format on

}  // namespace saddle
