#include "nn/optim/unrolled_sgd.h"

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "nn/substituted.h"

namespace saddle::nn {
namespace {

/// A variable that gradients can be asked for: the same one where they flow through it, else a leaf of its
/// own.
Variable watched(const Variable& w, bool recorded) {
  return recorded && w.requires_grad() ? w : Variable(w.value(), true);
}

/// Number t of [steps], as a scalar.
Variable at(const Variable& x, int64_t t) {
  return reshape(slice(x, 0, t, t + 1), {});
}

}  // namespace

Variables learn_by_sgd(Module& network, const Variables& weights, const Variable& lr,
                       const Variable& momentum, const std::function<Variable(int64_t step)>& loss) {
  require(lr.rank() == 1 && momentum.shape() == lr.shape(), "learn_by_sgd: lr ", lr.shape(), " and momentum ",
          momentum.shape(), " are not of one length");
  const bool recorded = grad_enabled();
  Variables now = weights, velocity(weights.size());
  for (int64_t t = 0; t < lr.size(0); ++t) {
    for (Variable& w : now) w = watched(w, recorded);
    Variables gradients;
    {
      const GradMode on(true);
      const Substituted substituted(network, now);
      gradients = grad({loss(t)}, now, {.create_graph = recorded});
    }
    for (size_t i = 0; i < now.size(); ++i) {
      velocity[i] = t == 0 ? gradients[i] : at(momentum, t) * velocity[i] + gradients[i];
      now[i] = now[i] - at(lr, t) * velocity[i];
    }
  }
  return now;
}

}  // namespace saddle::nn
