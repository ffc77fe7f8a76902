// One function a model, each in the file of its name.
#pragma once
#include "gan/game.h"

namespace saddle {

Model dcgan_model();
Model gan_model();

}  // namespace saddle
