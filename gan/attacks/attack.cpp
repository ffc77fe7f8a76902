#include "gan/attacks/attack.h"

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "core/error.h"

namespace saddle {

AttackOptions fgsm(double eps) {
  return {.eps = eps, .step = eps, .steps = 1, .random_start = false};
}

AttackOptions pgd(double eps, double step, int64_t steps) {
  return {.eps = eps, .step = step, .steps = steps, .random_start = true};
}

Tensor attack(Classifier& classifier, const Tensor& images, const Tensor& labels,
              const AttackOptions& options, Generator& random) {
  require<UsageError>(options.eps > 0 && options.step > 0 && options.steps > 0, "attack: eps ", options.eps,
                      ", step ", options.step, ", ", options.steps, " steps are not all positive");
  const double eps = 2 * options.eps, step = 2 * options.step;
  const Device device = classifier.device();
  const Variable clean = images.to(device), truth = labels.to(device);
  const Variable low = clamp(clean - eps, -1, 1), high = clamp(clean + eps, -1, 1);
  const auto project = [&](const Variable& x) { return minimum(maximum(x, low), high).value(); };

  Tensor attacked = clean.value();
  if (options.random_start)
    attacked = project(clean + random_uniform(images.shape(), random, -eps, eps, {.device = device}));
  for (int64_t i = 0; i < options.steps; ++i) {
    const Variable x(attacked, true);
    const Variable loss = cross_entropy(classifier.logits(x), truth, {.reduction = Reduction::sum});
    const Variable slope = grad({loss}, {x})[0];
    attacked = project(x.detach() + step * sign(slope));
  }
  return attacked.to(Device{});
}

}  // namespace saddle
