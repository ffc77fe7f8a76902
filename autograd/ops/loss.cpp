#include "autograd/ops/loss.h"

#include "autograd/graph.h"
#include "autograd/ops/check.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/index.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/softmax.h"

namespace saddle {
namespace {

const ComposedOps composed{"bce_with_logits", "mse_loss", "l1_loss", "cross_entropy"};

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

void require_target(const char* op, const Variable& x, const Variable& target) {
  require_float(op, x);
  require_alike(op, x, target);
  require(target.shape() == x.shape(), op, ": target ", target.shape(), " is not shaped like input ",
          x.shape());
}

}  // namespace

// -ln sigmoid(x) = softplus(-x) and -ln(1 - sigmoid(x)) = softplus(x): weighted, for the shorter
// softplus(x) - t x loses a small loss in the difference of large numbers.
Variable bce_with_logits(const Variable& x, const Variable& target, Reduction reduction) {
  require_target("bce_with_logits", x, target);
  return reduce(target * softplus(-x) + (1 - target) * softplus(x), reduction);
}

Variable bce_with_logits(const Variable& x, double target, Reduction reduction) {
  require_float("bce_with_logits", x);
  if (target == 1) return reduce(softplus(-x), reduction);
  if (target == 0) return reduce(softplus(x), reduction);
  return reduce(target * softplus(-x) + (1 - target) * softplus(x), reduction);
}

Variable mse_loss(const Variable& x, const Variable& target, Reduction reduction) {
  require_target("mse_loss", x, target);
  return reduce(square(x - target), reduction);
}

Variable mse_loss(const Variable& x, double target, Reduction reduction) {
  require_float("mse_loss", x);
  return reduce(square(x - target), reduction);
}

Variable l1_loss(const Variable& x, const Variable& target, Reduction reduction) {
  require_target("l1_loss", x, target);
  return reduce(abs(x - target), reduction);
}

Variable l1_loss(const Variable& x, double target, Reduction reduction) {
  require_float("l1_loss", x);
  return reduce(abs(x - target), reduction);
}

Variable cross_entropy(const Variable& x, const Variable& labels, const CrossEntropyOptions& options) {
  const char* op = "cross_entropy";
  const double smoothing = options.label_smoothing;
  require_float(op, x);
  require(x.rank() == 2, op, ": logits ", x.shape(), " are not [N,C]");
  require(labels.shape() == Shape{x.size(0)}, op, ": labels ", labels.shape(), " are not [", x.size(0),
          "] for logits ", x.shape());
  require(smoothing >= 0 && smoothing <= 1, op, ": label_smoothing ", smoothing, " is not in [0, 1]");
  require_index(op, x, labels, x.size(1));
  const Variable log_p = log_softmax(x, 1);
  Variable losses = -reshape(gather(log_p, 1, reshape(labels, {x.size(0), 1})), {x.size(0)});
  if (smoothing > 0) losses = (1 - smoothing) * losses - smoothing * mean(log_p, {1});
  return reduce(losses, options.reduction);
}

}  // namespace saddle
