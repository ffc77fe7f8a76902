// What the models that play with DCGAN's networks share.
#pragma once
#include "gan/games/options.h"
#include "gan/networks/normalization.h"

namespace saddle {

/// Such a model: `known` has its name, title and paper; options and how it is made come from here. `d_norm`
/// is the default normalisation of its discriminator. With defaults for points it learns these too, on
/// networks of their own (gan/games/points.h).
Model model_with_dcgan_networks(Model known, const CommonDefaults& defaults,
                                Normalization d_norm = Normalization::batch);

}  // namespace saddle
