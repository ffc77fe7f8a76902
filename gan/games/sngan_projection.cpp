#include "gan/games/image_networks.h"
#include "gan/games/models.h"

namespace saddle {

/// The paper's section 4 with the networks for 32x32 images: SNGAN's, trained as SNGAN is.
Model sngan_projection_model() {
  return model_of_images(
      {.name = "sngan-projection",
       .title = "SNGAN of classes: conditional batch norm, and a discriminator that projects on the class",
       .paper = "Miyato and Koyama, cGANs with Projection Discriminator, ICLR 2018"},
      {.size = 32, .beta1 = 0, .beta2 = 0.9, .n_critic = 5, .loss = "hinge", .spectral_norm = true},
      {.net = "sngan-resnet", .nz = 128, .conditioning = "projection"});
}

}  // namespace saddle
