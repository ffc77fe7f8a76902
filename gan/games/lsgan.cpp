#include "gan/games/image_networks.h"
#include "gan/games/models.h"
#include "gan/games/points.h"

namespace saddle {

/// Section 4.1 of the paper: Adam with beta1 = 0.5 and learning rates of 0.0002 to 0.001.
Model lsgan_model() {
  return model_of_images({.name = "lsgan",
                          .title = "DCGAN's networks with the least-squares loss",
                          .paper = "Mao et al., Least Squares Generative Adversarial Networks, ICCV 2017",
                          .for_points = point_defaults()},
                         {.loss = "lsgan"});
}

}  // namespace saddle
