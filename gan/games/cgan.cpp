#include "gan/games/image_networks.h"
#include "gan/games/models.h"

namespace saddle {

/// The paper's conditions with DCGAN's networks, trained as DCGAN is.
Model cgan_model() {
  return model_of_images(
      {.name = "cgan",
       .title = "DCGAN's networks, both given the class beside their input",
       .paper = "Mirza and Osindero, Conditional Generative Adversarial Nets, arXiv:1411.1784, 2014"},
      {.size = 32}, {.width = 32, .conditioning = "concat"});
}

}  // namespace saddle
