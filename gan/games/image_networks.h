// The networks of models that leave the choice: one objective, networks of several papers.
#pragma once
#include "gan/games/options.h"

namespace saddle {

/// Such a model: `known` has its name, title and paper; options and how it is made come from here. With
/// defaults for points it learns these too, on networks of their own (gan/games/points.h). `net`: the default
/// of the option of that name, one of
///
///   dcgan           gan/networks/dcgan.h
///   sngan-cnn       gan/networks/sngan_cnn.h
///   sngan-resnet    gan/networks/resnet.h
///   wgan-gp-resnet  the same
Model model_of_images(Model known, const CommonDefaults& defaults, const std::string& net = "dcgan",
                      int64_t nz = 100);

}  // namespace saddle
