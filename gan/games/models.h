// One function a model, each in the file of its name.
#pragma once
#include "gan/game.h"

namespace saddle {

Model acgan_model();
Model biggan_model();
Model cgan_model();
Model classifier_model();
Model dae_model();
Model dann_model();
Model dcgan_model();
Model dragan_model();
Model gan_model();
Model gtn_model();
Model infogan_model();
Model lsgan_model();
Model sgan_model();
Model sngan_model();
Model sngan_projection_model();
Model vae_model();
Model wgan_model();
Model wgan_gp_model();

}  // namespace saddle
