// Fully connected networks for images, as in Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014,
// in the form that the classic MNIST exercise gave them. Weights start by PyTorch's rule
// (`reset_parameters`). Both throw UsageError unless all numbers are positive.
#pragma once
#include "gan/networks/extras.h"
#include "gan/networks/normalization.h"

namespace saddle {

struct MlpOptions {
  int64_t size = 28;     ///< height and width of the images
  int64_t channels = 1;  ///< of the images
  int64_t nz = 100;      ///< length of the latents; the discriminator has none
  int64_t width = 128;   ///< of the generator's first layer
  MakeNorm norm = {};    ///< of the generator in place of batch norm; empty: batch norm
  int64_t classes = 0;   ///< joined to the discriminator's pixels (gan/networks/conditional.h)
};

/// [N, nz] -> [N, channels, size, size] in [-1, 1]: linear layers to width, 2 width, 4 width, 8 width and all
/// pixels, with leaky ReLU (0.2) between them, after batch normalisation from 2 width on; tanh.
std::shared_ptr<nn::Sequential> mlp_generator(const MlpOptions& options);

/// [N, channels, size, size] -> logits [N]: linear layers from all pixels to 4 width, 2 width and 1, with
/// leaky ReLU (0.2) between them.
std::shared_ptr<nn::Sequential> mlp_discriminator(const MlpOptions& options,
                                                  const DiscriminatorExtras& extras = {});

}  // namespace saddle
