#include "gan/games/image_networks.h"
#include "gan/games/models.h"

namespace saddle {

/// The paper's classes and losses with DCGAN's networks, trained as DCGAN is, and as the paper's is.
Model acgan_model() {
  return model_of_images(
      {.name = "acgan",
       .title = "DCGAN's networks: the generator is given the class, the discriminator tells it",
       .paper =
           "Odena, Olah and Shlens, Conditional Image Synthesis With Auxiliary Classifier GANs, ICML 2017"},
      {.size = 32}, {.width = 32, .conditioning = "auxiliary"});
}

}  // namespace saddle
