#include "gan/penalties/gradient_penalty.h"

#include "autograd/grad.h"
#include "autograd/ops.h"

namespace saddle {
namespace {

/// Euclidean length of each sample. At zero its gradient is zero, as PyTorch has it; a bare root's would be
/// NaN, and one dead sample would ruin all weights.
Variable lengths(const Variable& g) {
  constexpr double least = 1e-30;
  return sqrt(clamp(sum(square(reshape(g, {g.size(0), -1})), {1}), least));
}

/// fake + t (real - fake), t uniform in [0, 1) for each sample; a leaf.
Variable between(const Variable& real, const Variable& fake, Generator& random) {
  Shape one_a_sample = real.shape();
  for (int axis = 1; axis < real.rank(); ++axis) one_a_sample.set(axis, 1);
  const NoGrad no_grad;
  const Tensor t =
      random_uniform(one_a_sample, random, 0, 1, {.dtype = real.dtype(), .device = real.device()});
  return Variable((fake + t * (real - fake)).value(), true);
}

}  // namespace

Variable gradient_penalty(const std::function<Variable(const Variable&)>& critic, const Variable& real,
                          const Variable& fake, Generator& random) {
  require(real.rank() > 0 && real.shape() == fake.shape() && real.dtype() == fake.dtype(),
          "gradient_penalty: real images are ", real.dtype(), real.shape(), ", fake ones ", fake.dtype(),
          fake.shape());
  const Variable x = between(real, fake, random);
  const Variable g = grad({sum(critic(x))}, {x}, {.create_graph = true})[0];
  return mean(square(lengths(g) - 1));
}

}  // namespace saddle
