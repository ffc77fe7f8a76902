#include "autograd/ops/elementwise.h"

#include "autograd/graph.h"
#include "autograd/ops/shape.h"
#include "kernels/elementwise.h"

namespace saddle {
namespace {

using kernels::Kernel;
using kernels::Params;

const Op add_op("add"), sub_op("sub"), mul_op("mul"), div_op("div"), maximum_op("maximum"),
    minimum_op("minimum"), neg_op("neg"), exp_op("exp"), log_op("log"), sqrt_op("sqrt"), rsqrt_op("rsqrt"),
    abs_op("abs"), sign_op("sign"), square_op("square"), reciprocal_op("reciprocal"), pow_op("pow"),
    affine_op("affine"), clamp_op("clamp"), relu_op("relu"), leaky_relu_op("leaky_relu"),
    sigmoid_op("sigmoid"), tanh_op("tanh"), softplus_op("softplus"), eq_op("eq"), ne_op("ne"), lt_op("lt"),
    le_op("le"), gt_op("gt"), ge_op("ge"), where_op("where"), cast_op("cast"), clamp_grad_op("clamp_grad"),
    leaky_relu_grad_op("leaky_relu_grad"), sigmoid_grad_op("sigmoid_grad"), tanh_grad_op("tanh_grad");
const ComposedOps composed{"full_like"};

void require_float(const Op& op, const Variable& x) {
  require(x.dtype() == DType::f32 || x.dtype() == DType::f64, op.name(), ": dtype ", x.dtype(),
          " is not f32 or f64");
}

void require_alike(const Op& op, const Variable& x0, const Variable& x1) {
  require(x0.dtype() == x1.dtype(), op.name(), ": dtypes ", x0.dtype(), " and ", x1.dtype(), " differ");
  require(x0.device() == x1.device(), op.name(), ": devices ", x0.device(), " and ", x1.device(), " differ");
}

Tensor apply(const Op& op, const Kernel<kernels::Unary>& kernel, const Variable& x, Params params = {}) {
  require_float(op, x);
  Tensor y = Tensor::like(x.value());
  kernel(x.value(), y, params);
  return y;
}

Tensor apply(const Op& op, const Kernel<kernels::Binary>& kernel, const Variable& x0, const Variable& x1,
             Params params = {}) {
  require_alike(op, x0, x1);
  require_float(op, x0);
  Tensor y = Tensor::like(x0.value(), broadcast_shape(op.name(), x0.shape(), x1.shape()));
  kernel(x0.value(), x1.value(), y, params);
  return y;
}

Variable compare(const Op& op, const Kernel<kernels::Compare>& kernel, const Variable& x0,
                 const Variable& x1) {
  require_alike(op, x0, x1);
  Tensor y = Tensor::empty(broadcast_shape(op.name(), x0.shape(), x1.shape()), DType::u8, x0.device());
  kernel(x0.value(), x1.value(), y);
  return y;
}

/// 1 where x0 > x1, 1/2 where they are equal, 0 elsewhere: x0's share in the gradient of their maximum.
Variable share_of_larger(const Variable& x0, const Variable& x1) {
  const DType dtype = x0.dtype();
  return cast(gt(x0, x1), dtype) + 0.5 * cast(eq(x0, x1), dtype);
}

}  // namespace

Variable add(const Variable& x0, const Variable& x1) {
  return record(add_op, apply(add_op, kernels::add, x0, x1), {x0, x1}, keep_nothing,
                [](const Vjp& v) -> Variables {
                  return {v.gy, v.gy};
                });
}

Variable sub(const Variable& x0, const Variable& x1) {
  return record(sub_op, apply(sub_op, kernels::sub, x0, x1), {x0, x1}, keep_nothing,
                [](const Vjp& v) -> Variables {
                  return {v.gy, v.needs(1) ? -v.gy : Variable()};
                });
}

Variable mul(const Variable& x0, const Variable& x1) {
  return record(
      mul_op, apply(mul_op, kernels::mul, x0, x1), {x0, x1}, {.inputs_for = {bit(1), bit(0)}},
      [](const Vjp& v) -> Variables {
        return {v.needs(0) ? v.gy * v.input(1) : Variable(), v.needs(1) ? v.gy * v.input(0) : Variable()};
      });
}

Variable div(const Variable& x0, const Variable& x1) {
  return record(div_op, apply(div_op, kernels::div, x0, x1), {x0, x1},
                {.inputs_for = {bit(1), bit(1)}, .output = true}, [](const Vjp& v) -> Variables {
                  const Variable gx0 = v.gy / v.input(1);
                  return {gx0, v.needs(1) ? -(gx0 * v.output()) : Variable()};
                });
}

Variable maximum(const Variable& x0, const Variable& x1) {
  return record(maximum_op, apply(maximum_op, kernels::maximum, x0, x1), {x0, x1}, keep_all(2),
                [](const Vjp& v) -> Variables {
                  const Variable &a = v.input(0), &b = v.input(1);
                  return {v.needs(0) ? v.gy * share_of_larger(a, b) : Variable(),
                          v.needs(1) ? v.gy * share_of_larger(b, a) : Variable()};
                });
}

Variable minimum(const Variable& x0, const Variable& x1) {
  return record(minimum_op, apply(minimum_op, kernels::minimum, x0, x1), {x0, x1}, keep_all(2),
                [](const Vjp& v) -> Variables {
                  const Variable &a = v.input(0), &b = v.input(1);
                  return {v.needs(0) ? v.gy * share_of_larger(b, a) : Variable(),
                          v.needs(1) ? v.gy * share_of_larger(a, b) : Variable()};
                });
}

Variable neg(const Variable& x) {
  return record(neg_op, apply(neg_op, kernels::neg, x), {x}, keep_nothing,
                [](const Vjp& v) -> Variables { return {-v.gy}; });
}

Variable exp(const Variable& x) {
  return record(exp_op, apply(exp_op, kernels::exp, x), {x}, keep_output,
                [](const Vjp& v) -> Variables { return {v.gy * v.output()}; });
}

Variable log(const Variable& x) {
  return record(log_op, apply(log_op, kernels::log, x), {x}, keep_input,
                [](const Vjp& v) -> Variables { return {v.gy / v.input(0)}; });
}

Variable sqrt(const Variable& x) {
  return record(sqrt_op, apply(sqrt_op, kernels::sqrt, x), {x}, keep_output,
                [](const Vjp& v) -> Variables { return {0.5 * v.gy / v.output()}; });
}

Variable rsqrt(const Variable& x) {
  return record(rsqrt_op, apply(rsqrt_op, kernels::rsqrt, x), {x}, keep_output,
                [](const Vjp& v) -> Variables { return {-0.5 * v.gy * (v.output() * square(v.output()))}; });
}

Variable abs(const Variable& x) {
  return record(abs_op, apply(abs_op, kernels::abs, x), {x}, keep_input,
                [](const Vjp& v) -> Variables { return {v.gy * sign(v.input(0))}; });
}

Variable sign(const Variable& x) {
  return apply(sign_op, kernels::sign, x);
}

Variable square(const Variable& x) {
  return record(square_op, apply(square_op, kernels::square, x), {x}, keep_input,
                [](const Vjp& v) -> Variables { return {2 * v.gy * v.input(0)}; });
}

Variable reciprocal(const Variable& x) {
  return record(reciprocal_op, apply(reciprocal_op, kernels::reciprocal, x), {x}, keep_output,
                [](const Vjp& v) -> Variables { return {-(v.gy * square(v.output()))}; });
}

Variable pow(const Variable& x, double exponent) {
  return record(pow_op, apply(pow_op, kernels::pow, x, {.a = exponent}), {x}, keep_input,
                [exponent](const Vjp& v) -> Variables {
                  if (exponent == 0) return {Variable()};  // 0 * x^-1 would be NaN at 0
                  return {exponent * v.gy * pow(v.input(0), exponent - 1)};
                });
}

Variable affine(const Variable& x, double scale, double shift) {
  return record(affine_op, apply(affine_op, kernels::affine, x, {.a = scale, .b = shift}), {x}, keep_nothing,
                [scale](const Vjp& v) -> Variables { return {scale == 1 ? v.gy : affine(v.gy, scale, 0)}; });
}

Variable clamp(const Variable& x, double low, double high) {
  require(low <= high, "clamp: low ", low, " is above high ", high);
  return record(clamp_op, apply(clamp_op, kernels::clamp, x, {.a = low, .b = high}), {x}, keep_input,
                [low, high](const Vjp& v) -> Variables { return {clamp_grad(v.gy, v.input(0), low, high)}; });
}

// The rectifiers keep their output, which the next layer keeps anyway, rather than their input.
Variable relu(const Variable& x) {
  return record(relu_op, apply(relu_op, kernels::relu, x), {x}, keep_output,
                [](const Vjp& v) -> Variables { return {leaky_relu_grad(v.gy, v.output(), 0)}; });
}

Variable leaky_relu(const Variable& x, double negative_slope) {
  require(negative_slope >= 0, "leaky_relu: negative_slope ", negative_slope, " is below 0");
  return record(leaky_relu_op, apply(leaky_relu_op, kernels::leaky_relu, x, {.a = negative_slope}), {x},
                keep_output, [negative_slope](const Vjp& v) -> Variables {
                  return {leaky_relu_grad(v.gy, v.output(), negative_slope)};
                });
}

Variable sigmoid(const Variable& x) {
  return record(sigmoid_op, apply(sigmoid_op, kernels::sigmoid, x), {x}, keep_output,
                [](const Vjp& v) -> Variables { return {sigmoid_grad(v.gy, v.output())}; });
}

Variable tanh(const Variable& x) {
  return record(tanh_op, apply(tanh_op, kernels::tanh, x), {x}, keep_output,
                [](const Vjp& v) -> Variables { return {tanh_grad(v.gy, v.output())}; });
}

Variable softplus(const Variable& x) {
  return record(softplus_op, apply(softplus_op, kernels::softplus, x), {x}, keep_input,
                [](const Vjp& v) -> Variables { return {v.gy * sigmoid(v.input(0))}; });
}

// clang-format off
Variable eq(const Variable& x0, const Variable& x1) { return compare(eq_op, kernels::eq, x0, x1); }
Variable ne(const Variable& x0, const Variable& x1) { return compare(ne_op, kernels::ne, x0, x1); }
Variable lt(const Variable& x0, const Variable& x1) { return compare(lt_op, kernels::lt, x0, x1); }
Variable le(const Variable& x0, const Variable& x1) { return compare(le_op, kernels::le, x0, x1); }
Variable gt(const Variable& x0, const Variable& x1) { return compare(gt_op, kernels::gt, x0, x1); }
Variable ge(const Variable& x0, const Variable& x1) { return compare(ge_op, kernels::ge, x0, x1); }
// clang-format on

Variable where(const Variable& condition, const Variable& x0, const Variable& x1) {
  require_alike(where_op, x0, x1);
  require_float(where_op, x0);
  require(condition.dtype() == DType::u8, "where: condition has dtype ", condition.dtype(), ", not u8");
  const Shape shape =
      broadcast_shape("where", condition.shape(), broadcast_shape("where", x0.shape(), x1.shape()));
  const Variable c = expand(condition, shape), a = expand(x0, shape), b = expand(x1, shape);
  Tensor y = Tensor::like(a.value());
  kernels::where(c.value(), a.value(), b.value(), y);
  return record(where_op, y, {c, a, b}, {.inputs_for = {0, bit(0), bit(0)}}, [](const Vjp& v) -> Variables {
    const Variable zero = full_like(v.gy, 0);
    return {Variable(), v.needs(1) ? where(v.input(0), v.gy, zero) : Variable(),
            v.needs(2) ? where(v.input(0), zero, v.gy) : Variable()};
  });
}

Variable cast(const Variable& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  Tensor y = Tensor::empty(x.shape(), dtype, x.device());
  kernels::cast(x.value(), y);
  if (dtype != DType::f32 && dtype != DType::f64) return y;
  return record(cast_op, y, {x}, keep_nothing,
                [from = x.dtype()](const Vjp& v) -> Variables { return {cast(v.gy, from)}; });
}

Variable full_like(const Variable& x, double value) {
  Tensor y = Tensor::like(x.value());
  kernels::fill(y, value);
  return y;
}

Variable clamp_grad(const Variable& gy, const Variable& x, double low, double high) {
  return record(clamp_grad_op, apply(clamp_grad_op, kernels::clamp_grad, gy, x, {.a = low, .b = high}),
                {gy, x}, {.inputs_for = {bit(1)}}, [low, high](const Vjp& v) -> Variables {
                  return {v.needs(0) ? clamp_grad(v.gy, v.input(1), low, high) : Variable(), Variable()};
                });
}

Variable leaky_relu_grad(const Variable& gy, const Variable& y, double negative_slope) {
  return record(
      leaky_relu_grad_op, apply(leaky_relu_grad_op, kernels::leaky_relu_grad, gy, y, {.a = negative_slope}),
      {gy, y}, {.inputs_for = {bit(1)}}, [negative_slope](const Vjp& v) -> Variables {
        return {v.needs(0) ? leaky_relu_grad(v.gy, v.input(1), negative_slope) : Variable(), Variable()};
      });
}

Variable sigmoid_grad(const Variable& gy, const Variable& y) {
  return record(sigmoid_grad_op, apply(sigmoid_grad_op, kernels::sigmoid_grad, gy, y), {gy, y},
                {.inputs_for = {bit(1), bit(0) | bit(1)}}, [](const Vjp& v) -> Variables {
                  return {v.needs(0) ? sigmoid_grad(v.gy, v.input(1)) : Variable(),
                          v.needs(1) ? v.gy * v.input(0) * (1 - 2 * v.input(1)) : Variable()};
                });
}

Variable tanh_grad(const Variable& gy, const Variable& y) {
  return record(tanh_grad_op, apply(tanh_grad_op, kernels::tanh_grad, gy, y), {gy, y},
                {.inputs_for = {bit(1), bit(0) | bit(1)}}, [](const Vjp& v) -> Variables {
                  return {v.needs(0) ? tanh_grad(v.gy, v.input(1)) : Variable(),
                          v.needs(1) ? -2 * v.gy * v.input(0) * v.input(1) : Variable()};
                });
}

}  // namespace saddle
