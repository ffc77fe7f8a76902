// What keeps a critic's slope in bounds.
#pragma once
#include <functional>

#include "autograd/variable.h"
#include "core/random.h"

namespace saddle {

/// The mean over samples of (|g| - 1)^2, a scalar, where g is the gradient of critic(x) by x at a point x of
/// the line between a real and a fake image, drawn uniformly for each sample, and |g| its Euclidean length
/// (Gulrajani et al., "Improved Training of Wasserstein GANs", NeurIPS 2017, algorithm 1). `critic` maps
/// images [N, ..] to N outputs and must not mix samples: no batch normalisation. `real` and `fake`, [N, ..]
/// alike, are constants here: gradients flow to the critic's weights alone. Throws ShapeError if they are not
/// alike.
Variable gradient_penalty(const std::function<Variable(const Variable& images)>& critic, const Variable& real,
                          const Variable& fake, Generator& random);

}  // namespace saddle
