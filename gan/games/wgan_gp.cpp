#include "gan/games/image_networks.h"
#include "gan/games/models.h"
#include "gan/games/points.h"

namespace saddle {

/// The paper's algorithm 1; section 4: no batch normalisation in the critic. For points the penalty's weight
/// is that of the authors' code for toy distributions.
Model wgan_gp_model() {
  return model_of_images(
      {.name = "wgan-gp",
       .title = "DCGAN's networks, a critic of penalised slope measures the Wasserstein distance",
       .paper = "Gulrajani et al., Improved Training of Wasserstein GANs, NeurIPS 2017",
       .for_points = point_defaults({{"penalty-weight", 0.1}, {"n-critic", int64_t{2}}})},
      {.lr = 1e-4, .beta1 = 0, .beta2 = 0.9, .n_critic = 5, .loss = "wasserstein", .penalty = "wgan-gp"});
}

}  // namespace saddle
