#include "gan/games/image_networks.h"
#include "gan/games/models.h"
#include "gan/games/points.h"

namespace saddle {

/// The paper's algorithm 1.
Model wgan_model() {
  return model_of_images(
      {.name = "wgan",
       .title = "DCGAN's networks, a critic of clipped weights measures the Wasserstein distance",
       .paper = "Arjovsky, Chintala and Bottou, Wasserstein Generative Adversarial Networks, ICML 2017",
       .for_points = point_defaults()},
      {.lr = 5e-5, .n_critic = 5, .loss = "wasserstein", .optimizer = "rmsprop", .clip = 0.01});
}

}  // namespace saddle
