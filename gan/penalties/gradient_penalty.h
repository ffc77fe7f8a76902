// What keeps a critic's slope in bounds: terms of its loss that hold gradients of its outputs by its images.
// A critic maps images [N, ..] to N raw outputs and must not mix samples: no batch normalisation. Images are
// constants here: gradients flow to the critic's weights alone. Terms are means over samples, scalars,
// without their weight; gan/penalties/penalty.h lists them by name.
#pragma once
#include <functional>

#include "autograd/variable.h"
#include "core/random.h"

namespace saddle {

using Critic = std::function<Variable(const Variable& images)>;

struct GradientPenaltyOptions {
  /// Of slopes, only those above 1 cost something (Gulrajani et al. 2017, section 4, "two-sided penalty").
  bool one_sided = false;
};

/// The mean of (|g| - 1)^2, where g is the gradient of critic(x) by x at a point x of the line between a real
/// and a fake image, drawn uniformly for each sample, and |g| its Euclidean length (Gulrajani et al.,
/// "Improved Training of Wasserstein GANs", NeurIPS 2017, algorithm 1). Throws ShapeError if `real` and
/// `fake` are not alike.
Variable gradient_penalty(const Critic& critic, const Variable& real, const Variable& fake, Generator& random,
                          const GradientPenaltyOptions& options = {});

/// As gradient_penalty, at points around real images: x = real + t s u / 2 with t uniform in [0, 1) for each
/// sample, u uniform in [0, 1) for each pixel, and s the standard deviation of the batch's pixels (Kodali et
/// al., "On Convergence and Stability of GANs", arXiv:1705.07215, algorithm 1; noise as in its authors'
/// code).
Variable dragan_penalty(const Critic& critic, const Variable& real, Generator& random,
                        const GradientPenaltyOptions& options = {});

/// The mean of |g|^2 / 2, where g is the gradient of `outputs`, a critic's for `images`, by `images`, which
/// is a leaf that requires one: at real images R1, at fake ones R2 (Mescheder, Geiger and Nowozin, "Which
/// Training Methods for GANs do actually Converge?", ICML 2018, equations 9 and 10).
Variable zero_centred_penalty(const Variable& images, const Variable& outputs);

}  // namespace saddle
