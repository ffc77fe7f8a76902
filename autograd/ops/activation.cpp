#include "autograd/ops/activation.h"

#include "autograd/ops/check.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace saddle {
namespace {

const Op bias_act_op("bias_act"), input_grad_op("bias_act_input_grad"), bias_grad_op("bias_act_bias_grad");

/// gy act', where y is what the activation gave.
Variable through(const Activation& activation, const Variable& gy, const Variable& y) {
  if (activation.kind == Activation::tanh) return tanh_grad(gy, y);
  return activation.any() ? leaky_relu_grad(gy, y, activation.below()) : gy;
}

Variable sum_by_channel(const Variable& x) {
  return sum(reshape(x, {x.size(0), x.size(1), -1}), {0, 2});
}

Variable bias_act(const Variable& x, const Variable& bias, const Activation& activation, bool over) {
  const char* op = bias_act_op.name();
  require_channels(op, x);
  require_activation(op, activation);
  if (bias.defined()) {
    require_alike(op, x, bias);
    require(bias.shape() == Shape{x.size(1)}, op, ": bias ", bias.shape(), " does not fit the ", x.size(1),
            " channels of input ", x.shape());
  } else if (!activation.any()) {
    return x;
  }
  Tensor y = over ? x.value() : Tensor::like(x.value());
  kernels::bias_act(x.value(), value_or_none(bias), y, activation);
  return record(bias_act_op, y, {x, bias}, activation.any() ? keep_output : keep_nothing,
                [activation](const Vjp& v) -> Variables {
                  if (!activation.any()) return {v.gy, v.needs(1) ? sum_by_channel(v.gy) : Variable()};
                  const BiasActGradients g = bias_act_grad(v.gy, v.output(), activation, v.needs(1));
                  return {g.gx, g.gb};
                });
}

}  // namespace

void require_activation(const char* op, const Activation& activation) {
  require(activation.below() >= 0, op, ": slope ", activation.slope, " of leaky_relu is below 0");
}

Variable bias_act(const Variable& x, const Variable& bias, const Activation& activation) {
  return bias_act(x, bias, activation, false);
}

Variable bias_act_over(const Variable& x, const Variable& bias, const Activation& activation) {
  return bias_act(x, bias, activation, x.value().unique());
}

BiasActGradients bias_act_grad(const Variable& gy, const Variable& y, const Activation& activation,
                               bool wants_bias) {
  const char* op = "bias_act_grad";
  require_channels(op, y);
  require_alike(op, gy, y);
  require(gy.shape() == y.shape(), op, ": output gradient ", gy.shape(), " does not fit output ", y.shape());
  require_activation(op, activation);
  if (!wants_bias) return {through(activation, gy, y), {}};
  Tensor gx = Tensor::like(y.value()), gb = Tensor::like(y.value(), {y.size(1)});
  kernels::bias_act_grad(gy.value(), y.value(), gx, gb, activation);
  return {record(input_grad_op, gx, {gy, y}, keep_all(2),
                 vjp_by_composition([=](const Variables& v) { return through(activation, v[0], v[1]); })),
          record(bias_grad_op, gb, {gy, y}, keep_all(2), vjp_by_composition([=](const Variables& v) {
                   return sum_by_channel(through(activation, v[0], v[1]));
                 }))};
}

}  // namespace saddle
