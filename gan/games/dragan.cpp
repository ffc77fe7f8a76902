#include "gan/games/image_networks.h"
#include "gan/games/models.h"
#include "gan/games/points.h"

namespace saddle {

/// The paper's algorithm 1, with Adam as in its authors' code.
Model dragan_model() {
  return model_of_images(
      {.name = "dragan",
       .title = "DCGAN's networks, the discriminator's slope is penalised around the data",
       .paper = "Kodali et al., On Convergence and Stability of GANs, arXiv:1705.07215, 2017",
       .for_points = point_defaults()},
      {.lr = 1e-4, .beta2 = 0.9, .penalty = "dragan"});
}

}  // namespace saddle
