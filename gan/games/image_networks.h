// The networks of models that leave the choice: one objective, networks of several papers.
#pragma once
#include "gan/games/options.h"

namespace saddle {

/// A model's defaults for the options of its networks. `net` is one of
///
///   dcgan           gan/networks/dcgan.h
///   sngan-cnn       gan/networks/sngan_cnn.h
///   sngan-resnet    gan/networks/resnet.h
///   wgan-gp-resnet  the same
struct NetworkDefaults {
  std::string net = "dcgan";
  int64_t nz = 100;
  int64_t width = 64;  ///< `ngf` and `ndf`
  std::string conditioning = "none";
};

/// Such a model: `known` has its name, title and paper; options and how it is made come from here. With
/// defaults for points it learns these too, on networks of their own (gan/games/points.h).
Model model_of_images(Model known, const CommonDefaults& defaults, const NetworkDefaults& networks = {});

}  // namespace saddle
