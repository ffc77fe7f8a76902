#include "gan/games/image_networks.h"
#include "gan/games/models.h"
#include "gan/games/points.h"

namespace saddle {

/// The settings for the residual networks, appendix B.4 of the paper.
Model sngan_model() {
  return model_of_images(
      {.name = "sngan",
       .title = "Residual networks, the discriminator's weights divided by their largest singular values",
       .paper = "Miyato et al., Spectral Normalization for Generative Adversarial Networks, ICLR 2018",
       .for_points = point_defaults({{"n-critic", int64_t{2}}})},
      {.size = 32, .beta1 = 0, .beta2 = 0.9, .n_critic = 5, .loss = "hinge", .spectral_norm = true},
      {.net = "sngan-resnet", .nz = 128});
}

}  // namespace saddle
