#include "gan/games/dcgan.h"
#include "gan/games/models.h"
#include "gan/games/points.h"

namespace saddle {

/// The paper's algorithm 1, trained as DCGAN is.
Model dragan_model() {
  return model_with_dcgan_networks(
      {.name = "dragan",
       .title = "DCGAN's networks, the discriminator's slope is penalised around the data",
       .paper = "Kodali et al., On Convergence and Stability of GANs, arXiv:1705.07215, 2017",
       .for_points = point_defaults()},
      {.penalty = "dragan"}, Normalization::none);
}

}  // namespace saddle
