#include "gan/penalties/gradient_penalty.h"

#include "autograd/grad.h"
#include "autograd/ops.h"

namespace saddle {
namespace {

/// The squared Euclidean length of each sample's gradient of its output.
Variable squared_slopes(const Variable& images, const Variable& outputs) {
  const Variable g = grad({sum(outputs)}, {images}, {.create_graph = true})[0];
  return sum(square(reshape(g, {g.size(0), -1})), {1});
}

Variable unit_slope_penalty(const Critic& critic, const Variable& images,
                            const GradientPenaltyOptions& options) {
  // At zero a length's gradient is zero, as PyTorch has it; a bare root's would be NaN, and one dead sample
  // would ruin all weights.
  constexpr double least = 1e-30;
  const Variable slopes = sqrt(clamp(squared_slopes(images, critic(images)), least));
  return mean(square(options.one_sided ? relu(slopes - 1) : slopes - 1));
}

Tensor uniform_like(const Variable& x, const Shape& shape, Generator& random) {
  return random_uniform(shape, random, 0, 1, {.dtype = x.dtype(), .device = x.device()});
}

/// [N, 1, ..] for images [N, ..].
Shape one_a_sample(const Variable& images) {
  Shape shape = images.shape();
  for (int axis = 1; axis < images.rank(); ++axis) shape.set(axis, 1);
  return shape;
}

}  // namespace

Variable gradient_penalty(const Critic& critic, const Variable& real, const Variable& fake, Generator& random,
                          const GradientPenaltyOptions& options) {
  require(real.rank() > 0 && real.shape() == fake.shape() && real.dtype() == fake.dtype(),
          "gradient_penalty: real images are ", real.dtype(), real.shape(), ", fake ones ", fake.dtype(),
          fake.shape());
  const auto between = [&] {
    const NoGrad no_grad;
    const Tensor t = uniform_like(real, one_a_sample(real), random);
    return Variable((fake + t * (real - fake)).value(), true);
  };
  return unit_slope_penalty(critic, between(), options);
}

Variable dragan_penalty(const Critic& critic, const Variable& real, Generator& random,
                        const GradientPenaltyOptions& options) {
  require(real.rank() > 0, "dragan_penalty: images are a scalar");
  const auto around = [&] {
    const NoGrad no_grad;
    const Tensor t = uniform_like(real, one_a_sample(real), random);
    const Tensor u = uniform_like(real, real.shape(), random);
    return Variable((real + 0.5 * sqrt(var(real, {}, 0)) * t * u).value(), true);
  };
  return unit_slope_penalty(critic, around(), options);
}

Variable zero_centred_penalty(const Variable& images, const Variable& outputs) {
  return 0.5 * mean(squared_slopes(images, outputs));
}

}  // namespace saddle
