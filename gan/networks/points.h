// Fully connected networks for points of the plane: those of Gulrajani et al., "Improved Training of
// Wasserstein GANs", NeurIPS 2017, for its toy distributions (section 4 and code), by default narrower, at
// which they train in a minute or two on a CPU. Weights start by PyTorch's rule (`reset_parameters`). Both
// throw UsageError unless all numbers
// are positive.
#pragma once
#include "gan/networks/extras.h"

namespace saddle {

struct PointNetworkOptions {
  int64_t nz = 2;        ///< length of the latents; the discriminator has none
  int64_t hidden = 128;  ///< width of the hidden layers; 512 in the paper's code
  /// What the discriminator multiplies points by. Layers that stretch no vector would leave it all but flat
  /// between modes that lie this close.
  double steepness = 1;
};

/// [N, nz] -> points [N, 2, 1, 1], of any size: three hidden linear layers with ReLU, and one to the point.
std::shared_ptr<nn::Sequential> point_generator(const PointNetworkOptions& options);

/// [N, 2, 1, 1] -> logits [N]: three hidden linear layers with ReLU, and one to the logit.
std::shared_ptr<nn::Sequential> point_discriminator(const PointNetworkOptions& options,
                                                    const DiscriminatorExtras& extras = {});

}  // namespace saddle
