// Bounds on weights and gradients, on their device alone: nothing is read back.
#pragma once
#include "nn/module.h"

namespace saddle::nn {

/// Clamps every parameter of the network, in place, to [-bound, bound] (Arjovsky et al., "Wasserstein GAN",
/// ICML 2017, algorithm 1). Throws UsageError unless bound > 0.
void clip_weights(Module& network, double bound);

/// Scales the gradients that the network's parameters have by min(1, max_norm / (norm + 1e-6)), where norm is
/// the Euclidean length of all of them together (Pascanu et al., ICML 2013; the constant is PyTorch's).
/// Throws UsageError unless max_norm > 0.
void clip_grad_norm(Module& network, double max_norm);

}  // namespace saddle::nn
