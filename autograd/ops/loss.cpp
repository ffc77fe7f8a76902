#include "autograd/ops/loss.h"

#include "autograd/graph.h"
#include "autograd/ops/check.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/index.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/softmax.h"
#include "kernels/cross_entropy.h"

namespace saddle {
namespace {

using kernels::LossKind;
using kernels::LossRule;

const Op bce_op("bce_with_logits"), mse_op("mse_loss"), l1_op("l1_loss"), hinge_op("hinge"),
    loss_grad_op("loss_grad"), cross_entropy_op("cross_entropy"), cross_entropy_grad_op("cross_entropy_grad");

/// 1 where t x is below the hinge's margin, else 0.
Variable within_margin(const Variable& x, const Variable& t) {
  return leaky_relu_grad(full_like(x, 1), 1 - t * x, 0);
}

/// The formulas of kernels/loss.h in plain ops: f(x, t) and its derivatives by x and by t, which may be one
/// number, of rank 0.
struct Formulas {
  Variable (*value)(const Variable& x, const Variable& t);
  Variable (*slope)(const Variable& x, const Variable& t);
  Variable (*target_slope)(const Variable& x, const Variable& t);
};

using V = const Variable&;
// -ln sigmoid(x) = softplus(-x) and -ln(1 - sigmoid(x)) = softplus(x): weighted, for the shorter
// softplus(x) - t x loses a small loss in the difference of large numbers.
constexpr Formulas bce{[](V x, V t) { return t * softplus(-x) + (1 - t) * softplus(x); },
                       [](V x, V t) { return (1 - t) * sigmoid(x) - t * sigmoid(-x); },
                       [](V x, V) { return -x; }};
constexpr Formulas mse{[](V x, V t) { return square(x - t); }, [](V x, V t) { return 2 * (x - t); },
                       [](V x, V t) { return 2 * (t - x); }};
constexpr Formulas l1{[](V x, V t) { return abs(x - t); }, [](V x, V t) { return sign(x - t); },
                      [](V x, V t) { return sign(t - x); }};
constexpr Formulas margin{[](V x, V t) { return relu(1 - t * x); },
                          [](V x, V t) { return -t * within_margin(x, t); },
                          [](V x, V t) { return -x * within_margin(x, t); }};

const Formulas& formulas_of(LossKind kind) {
  switch (kind) {
    case LossKind::bce:
      return bce;
    case LossKind::mse:
      return mse;
    case LossKind::l1:
      return l1;
    case LossKind::hinge:
      return margin;
  }
  throw UsageError("loss: no such loss");
}

Variable reduce(const Variable& losses, Reduction reduction) {
  switch (reduction) {
    case Reduction::mean:
      return mean(losses);
    case Reduction::sum:
      return sum(losses);
    case Reduction::none:
      return losses;
  }
  throw UsageError("loss: no such reduction");
}

void require_operands(const char* op, const Variable& x, const Variable& target) {
  require_float(op, x);
  if (!target.defined()) return;
  require_alike(op, x, target);
  require(target.shape() == x.shape(), op, ": target ", target.shape(), " is not shaped like input ",
          x.shape());
}

/// The tensor of targets, or one of that number.
Variable target_of(const Variable& x, const Variable& target, const LossRule& rule) {
  return target.defined() ? target : full_like(x, rule.target);
}

/// A sum or a mean comes from one kernel, each element's loss from plain ops.
Variable loss(const Op& op, LossRule rule, const Variable& x, const Variable& target, Reduction reduction) {
  require_operands(op.name(), x, target);
  if (reduction == Reduction::none) return formulas_of(rule.kind).value(x, target_of(x, target, rule));
  if (reduction == Reduction::mean) rule.scale = 1 / static_cast<double>(x.numel());
  Tensor y = Tensor::like(x.value(), {});
  kernels::loss(x.value(), value_or_none(target), y, rule);
  return record(op, y, {x, target}, keep_all(2), [rule](const Vjp& v) -> Variables {
    const Variable &its = v.input(0), &targets = v.input_if_kept(1);
    return {v.needs(0) ? loss_grad(v.gy, its, targets, rule) : Variable(),
            v.needs(1) ? rule.scale * v.gy * formulas_of(rule.kind).target_slope(its, targets) : Variable()};
  });
}

void require_labels(const char* op, const Variable& x, const Variable& labels, double smoothing) {
  require_float(op, x);
  require(x.rank() == 2 && x.size(1) > 0, op, ": logits ", x.shape(), " are not [N,C]");
  require(labels.shape() == Shape{x.size(0)}, op, ": labels ", labels.shape(), " are not [", x.size(0),
          "] for logits ", x.shape());
  require(smoothing >= 0 && smoothing <= 1, op, ": label_smoothing ", smoothing, " is not in [0, 1]");
  require_index(op, x, labels, x.size(1));
}

}  // namespace

Variable bce_with_logits(const Variable& x, const Variable& target, Reduction reduction) {
  return loss(bce_op, {.kind = LossKind::bce}, x, target, reduction);
}
Variable bce_with_logits(const Variable& x, double target, Reduction reduction) {
  return loss(bce_op, {.kind = LossKind::bce, .target = target}, x, {}, reduction);
}

Variable mse_loss(const Variable& x, const Variable& target, Reduction reduction) {
  return loss(mse_op, {.kind = LossKind::mse}, x, target, reduction);
}
Variable mse_loss(const Variable& x, double target, Reduction reduction) {
  return loss(mse_op, {.kind = LossKind::mse, .target = target}, x, {}, reduction);
}

Variable l1_loss(const Variable& x, const Variable& target, Reduction reduction) {
  return loss(l1_op, {.kind = LossKind::l1}, x, target, reduction);
}
Variable l1_loss(const Variable& x, double target, Reduction reduction) {
  return loss(l1_op, {.kind = LossKind::l1, .target = target}, x, {}, reduction);
}

Variable hinge(const Variable& x, double target, Reduction reduction) {
  require(target == 1 || target == -1, "hinge: target ", target, " is not 1 or -1");
  return loss(hinge_op, {.kind = LossKind::hinge, .target = target}, x, {}, reduction);
}

Variable loss_grad(const Variable& gy, const Variable& x, const Variable& target, const LossRule& rule) {
  const char* op = "loss_grad";
  require_operands(op, x, target);
  require_alike(op, gy, x);
  require(gy.rank() == 0, op, ": output gradient ", gy.shape(), " is not one number");
  Tensor gx = Tensor::like(x.value());
  kernels::loss_grad(gy.value(), x.value(), value_or_none(target), gx, rule);
  return record(loss_grad_op, gx, {gy, x, target}, keep_all(3),
                vjp_by_composition([rule](const Variables& v) {
                  return rule.scale * v[0] * formulas_of(rule.kind).slope(v[1], target_of(v[1], v[2], rule));
                }));
}

Variable cross_entropy(const Variable& x, const Variable& labels, const CrossEntropyOptions& options) {
  const double smoothing = options.label_smoothing;
  require_labels("cross_entropy", x, labels, smoothing);
  Tensor losses = Tensor::like(x.value(), labels.shape());
  kernels::cross_entropy(x.value(), labels.value(), losses, smoothing);
  const Keep keep{.inputs_for = {bit(0) | bit(1)}};
  const Variable each =
      record(cross_entropy_op, losses, {x, labels}, keep, [smoothing](const Vjp& v) -> Variables {
        return {cross_entropy_grad(v.gy, v.input(0), v.input(1), smoothing), Variable()};
      });
  return reduce(each, options.reduction);
}

Variable cross_entropy_grad(const Variable& gy, const Variable& x, const Variable& labels,
                            double label_smoothing) {
  const char* op = "cross_entropy_grad";
  require_labels(op, x, labels, label_smoothing);
  require_alike(op, gy, x);
  require(gy.shape() == labels.shape(), op, ": output gradient ", gy.shape(), " is not [", x.size(0),
          "] for logits ", x.shape());
  Tensor gx = Tensor::like(x.value());
  kernels::cross_entropy_grad(gy.value(), x.value(), labels.value(), gx, label_smoothing);
  return record(cross_entropy_grad_op, gx, {gy, x, labels}, keep_all(3),
                vjp_by_composition([label_smoothing](const Variables& v) {
                  const int64_t rows = v[1].size(0), classes = v[1].size(1);
                  const Variable own = (1 - label_smoothing) * one_hot(v[2], classes, v[1].dtype());
                  const double share = label_smoothing / static_cast<double>(classes);
                  return reshape(v[0], {rows, 1}) * (softmax(v[1], 1) - own - share);
                }));
}

}  // namespace saddle
