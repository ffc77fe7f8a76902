#include "autograd/ops/norm.h"

#include <algorithm>

#include "autograd/graph.h"
#include "autograd/ops/check.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace saddle {
namespace {

using kernels::NormLayout;

const Op batch_norm_op("batch_norm"), instance_norm_op("instance_norm"), layer_norm_op("layer_norm"),
    group_norm_op("group_norm"), input_grad_op("norm_input_grad"), weight_grad_op("norm_weight_grad"),
    bias_grad_op("norm_bias_grad");
const ComposedOps composed{"batch_norm_eval", "adain"};

/// An operand with a number for each channel, or none.
void require_per_channel(const char* op, const char* name, const Variable& operand, const Variable& x,
                         const Shape& shape) {
  if (!operand.defined()) return;
  require_alike(op, x, operand);
  require(operand.shape() == shape, op, ": ", name, " ", operand.shape(), " is not ", shape, " for input ",
          x.shape());
}

/// The shape that weight and bias of [N,C,..] must have: [C] or, where either has two axes, [N,C].
Shape affine_shape(const Variable& x, const Variable& weight, const Variable& bias) {
  const auto own = [](const Variable& operand) { return operand.defined() && operand.rank() == 2; };
  return own(weight) || own(bias) ? Shape{x.size(0), x.size(1)} : Shape{x.size(1)};
}
Shape affine_shape(const NormLayout& layout) {
  return layout.own_affine ? Shape{layout.batch, layout.channels} : Shape{layout.channels};
}

/// [N,C,..] as its layout, each channel a group.
NormLayout layout_of(const Variable& x, double eps) {
  const int64_t channels = x.size(1), outer = x.size(0) * channels;
  return {.batch = x.size(0),
          .channels = channels,
          .positions = outer ? x.numel() / outer : 0,
          .groups = channels,
          .eps = eps};
}

/// The layout for weight and bias of that shape.
NormLayout with_affine(NormLayout layout, const Shape& shape) {
  if (shape.rank() == 1) return layout;
  if (layout.over_batch) {
    layout.own_affine = true;
  } else {  // the samples' channels side by side are the channels of one sample
    layout.channels *= layout.batch;
    layout.groups *= layout.batch;
    layout.batch = 1;
  }
  return layout;
}

/// One gradient for each bit of `wanted`: see norm_grad.
uint32_t wanted_of(const Vjp& v) {
  uint32_t wanted = 0;
  for (int i = 0; i < 3; ++i)
    if (v.needs(i)) wanted |= bit(i);
  return wanted;
}

/// `affine`: the shape of weight and bias.
Variable normalize(const Op& op, const Variable& x, const Variable& weight, const Variable& bias,
                   const Shape& affine, const NormLayout& layout, const Activation& activation,
                   NormStatistics* taken = nullptr) {
  require_per_channel(op.name(), "weight", weight, x, affine);
  require_per_channel(op.name(), "bias", bias, x, affine);
  require(layout.eps >= 0, op.name(), ": eps ", layout.eps, " is below 0");
  require(layout.count() > 0, op.name(), ": input ", x.shape(), " has nothing to take a mean of");
  require_activation(op.name(), activation);
  require(activation.is_linear_in_pieces(), op.name(), ": tanh is not an activation that it ends with");
  Tensor y = Tensor::like(x.value());
  NormStatistics statistics;
  for (Tensor* each : {&statistics.mean, &statistics.var})
    *each = Tensor::empty({layout.statistics()}, DType::f64, x.device());
  kernels::norm(x.value(), value_or_none(weight), value_or_none(bias), y, statistics.mean, statistics.var,
                layout, activation);
  if (taken) *taken = statistics;
  // Through an activation all gradients read all operands; else that by the bias reads none.
  const uint32_t all = bit(0) | bit(1) | bit(2);
  const Keep keep = activation.any() ? Keep{.inputs_for = {all, all, all}}
                                     : Keep{.inputs_for = {bit(0) | bit(1), bit(0), bit(0)}};
  return record(op, y, {x, weight, bias}, keep, [=](const Vjp& v) -> Variables {
    const NormGradients g = norm_grad(v.gy, v.input(0), v.input_if_kept(1), v.input_if_kept(2), statistics,
                                      layout, activation, wanted_of(v));
    return {g.gx, v.needs(1) ? reshape(g.gw, v.shape(1)) : Variable(),
            v.needs(2) ? reshape(g.gb, v.shape(2)) : Variable()};
  });
}

/// The same of [N,C,..], whose samples may have weights and biases of their own.
Variable normalize_channels(const Op& op, const Variable& x, const Variable& weight, const Variable& bias,
                            const NormLayout& layout, const Activation& activation,
                            NormStatistics* taken = nullptr) {
  const Shape affine = affine_shape(x, weight, bias);
  return normalize(op, x, weight, bias, affine, with_affine(layout, affine), activation, taken);
}

/// The formulas of kernels/norm.h in plain ops, from which second derivatives come.
class Composition {
 public:
  Composition(const NormLayout& layout, const Activation& activation)
      : layout_(layout), activation_(activation) {}

  Variable input_grad(const Variable& gy, const Variable& x, const Variable& weight,
                      const Variable& bias) const {
    const auto [xhat, r] = normalized(x);
    const Variable own = before_activation(gy, xhat, weight, bias);
    const Variable g = weight.defined() ? own * by_channel(weight) : own;
    return reshape(r * (g - mean_of(g) - xhat * mean_of(g * xhat)), x.shape());
  }
  Variable weight_grad(const Variable& gy, const Variable& x, const Variable& weight,
                       const Variable& bias) const {
    const Variable xhat = normalized(x).first;
    return sum_of_affine(before_activation(gy, xhat, weight, bias) * xhat);
  }
  Variable bias_grad(const Variable& gy, const Variable& x, const Variable& weight,
                     const Variable& bias) const {
    const Variable xhat = normalized(x.detach()).first;
    return sum_of_affine(before_activation(gy, xhat, weight, bias));
  }

 private:
  Variable view(const Variable& x) const {
    return reshape(x, {layout_.batch, layout_.groups, layout_.group_channels(), layout_.positions});
  }
  Variable by_channel(const Variable& numbers) const {
    const int64_t rows = layout_.own_affine ? layout_.batch : 1;
    return reshape(numbers, {rows, layout_.groups, layout_.group_channels(), 1});
  }
  /// Over what shares a weight and a bias.
  Variable sum_of_affine(const Variable& x) const {
    return reshape(sum(x, layout_.own_affine ? Axes{3} : Axes{0, 3}), affine_shape(layout_));
  }
  Variable mean_of(const Variable& x) const {
    return mean(x, layout_.over_batch ? Axes{0, 2, 3} : Axes{2, 3}, true);
  }
  /// xhat and 1 / sqrt(var + eps).
  std::pair<Variable, Variable> normalized(const Variable& x) const {
    const Variable centred = view(x) - mean_of(view(x));
    const Variable r = rsqrt(mean_of(square(centred)) + layout_.eps);
    return {centred * r, r};
  }
  /// gy through the activation.
  Variable before_activation(const Variable& gy, const Variable& xhat, const Variable& weight,
                             const Variable& bias) const {
    if (!activation_.any()) return view(gy);
    const auto given = [&] {  // of a sign there is no derivative
      const NoGrad no_grad;
      const Variable scaled = weight.defined() ? xhat * by_channel(weight) : xhat;
      return bias.defined() ? scaled + by_channel(bias) : scaled;
    };
    return leaky_relu_grad(view(gy), given(), activation_.below());
  }

  NormLayout layout_;
  Activation activation_;
};

}  // namespace

Variable batch_norm(const Variable& x, const Variable& weight, const Variable& bias, double eps,
                    NormStatistics* taken, const Activation& activation) {
  require_channels("batch_norm", x);
  NormLayout layout = layout_of(x, eps);
  layout.over_batch = true;
  return normalize_channels(batch_norm_op, x, weight, bias, layout, activation, taken);
}

Variable batch_norm_eval(const Variable& x, const Variable& mean, const Variable& var, const Variable& weight,
                         const Variable& bias, double eps, const Activation& activation) {
  const char* op = "batch_norm_eval";
  require_channels(op, x);
  const Shape channels{x.size(1)}, affine = affine_shape(x, weight, bias);
  require_per_channel(op, "mean", mean, x, channels);
  require_per_channel(op, "var", var, x, channels);
  require_per_channel(op, "weight", weight, x, affine);
  require_per_channel(op, "bias", bias, x, affine);
  const NormLayout layout = with_affine(layout_of(x, eps), affine);
  // Two passes over x, as few as plain ops can do with.
  const Variable r = rsqrt(var + eps), scale = weight.defined() ? r * weight : r, centre = mean * scale;
  const Variable shift = bias.defined() ? bias - centre : -centre;
  const Variable scaled = reshape(x, {layout.batch, layout.channels, layout.positions}) *
                          reshape(expand(scale, affine), {1, layout.channels, 1});
  const Variable y = bias_act_over(scaled, reshape(expand(shift, affine), {layout.channels}), activation);
  return reshape(y, x.shape());
}

Variable instance_norm(const Variable& x, const Variable& weight, const Variable& bias, double eps,
                       const Activation& activation) {
  require_channels("instance_norm", x);
  return normalize_channels(instance_norm_op, x, weight, bias, layout_of(x, eps), activation);
}

Variable layer_norm(const Variable& x, const Shape& normalized, const Variable& weight, const Variable& bias,
                    double eps, const Activation& activation) {
  const char* op = "layer_norm";
  require_float(op, x);
  const int outer = x.rank() - normalized.rank();
  require(normalized.rank() > 0 && outer >= 0 &&
              std::equal(normalized.begin(), normalized.end(), x.shape().begin() + outer),
          op, ": input ", x.shape(), " does not end in ", normalized);
  const int64_t channels = normalized.numel();
  const NormLayout layout{.batch = channels ? x.numel() / channels : 0, .channels = channels, .eps = eps};
  return normalize(layer_norm_op, x, weight, bias, normalized, layout, activation);
}

Variable group_norm(const Variable& x, int64_t groups, const Variable& weight, const Variable& bias,
                    double eps, const Activation& activation) {
  const char* op = "group_norm";
  require_channels(op, x);
  require(groups > 0 && x.size(1) % groups == 0, op, ": groups ", groups, " do not divide the ", x.size(1),
          " channels of input ", x.shape());
  NormLayout layout = layout_of(x, eps);
  layout.groups = groups;
  return normalize_channels(group_norm_op, x, weight, bias, layout, activation);
}

Variable adain(const Variable& x, const Variable& scale, const Variable& shift, double eps,
               const Activation& activation) {
  require_channels("adain", x);
  const Shape styles{x.size(0), x.size(1)};
  require_per_channel("adain", "scale", scale, x, styles);
  require_per_channel("adain", "shift", shift, x, styles);
  return instance_norm(x, scale, shift, eps, activation);
}

NormGradients norm_grad(const Variable& gy, const Variable& x, const Variable& weight, const Variable& bias,
                        const NormStatistics& statistics, const NormLayout& layout,
                        const Activation& activation, uint32_t wanted) {
  const char* op = "norm_grad";
  require_alike(op, gy, x);
  require_float(op, x);
  require(gy.shape() == x.shape(), op, ": output gradient ", gy.shape(), " does not fit input ", x.shape());
  const auto output = [&](int i, const Shape& shape) {
    return wanted & bit(i) ? Tensor::like(x.value(), shape) : Tensor();
  };
  const Shape affine = affine_shape(layout);
  Tensor gx = output(0, x.shape()), gw = output(1, affine), gb = output(2, affine);
  kernels::norm_grad(gy.value(), x.value(), value_or_none(weight), value_or_none(bias), statistics.mean,
                     statistics.var, gx, gw, gb, layout, activation);
  const Composition formulas(layout, activation);
  const auto differentiable = [&](const Op& its, const Tensor& g, auto formula) {
    if (!g.defined()) return Variable();
    return record(its, g, {gy, x, weight, bias}, keep_all(4), vjp_by_composition([=](const Variables& v) {
                    return (formulas.*formula)(v[0], v[1], v[2], v[3]);
                  }));
  };
  NormGradients g{differentiable(input_grad_op, gx, &Composition::input_grad),
                  differentiable(weight_grad_op, gw, &Composition::weight_grad),
                  {}};
  if (activation.any())
    g.gb = differentiable(bias_grad_op, gb, &Composition::bias_grad);
  else if (gb.defined())  // a plain sum, which keeps nothing
    g.gb = record(bias_grad_op, gb, {gy}, keep_nothing, [layout](const Vjp& v) -> Variables {
      const Shape view{layout.batch, layout.channels, layout.positions};
      const int64_t rows = layout.own_affine ? layout.batch : 1;
      return {reshape(expand(reshape(v.gy, {rows, layout.channels, 1}), view), v.shape(0))};
    });
  return g;
}

}  // namespace saddle
