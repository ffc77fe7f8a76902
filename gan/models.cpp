#include <algorithm>

#include "core/error.h"
#include "gan/games/models.h"

namespace saddle {

const std::vector<Model>& models() {
  static const std::vector<Model> all = {dcgan_model(),      gan_model(),     lsgan_model(),
                                         wgan_model(),       wgan_gp_model(), dragan_model(),
                                         infogan_model(),    sgan_model(),    sngan_model(),
                                         cgan_model(),       acgan_model(),   sngan_projection_model(),
                                         biggan_model(),     vae_model(),     dae_model(),
                                         classifier_model(), dann_model(),    gtn_model()};
  return all;
}

const Model& find_model(const std::string& name) {
  const auto found = std::ranges::find(models(), name, &Model::name);
  if (found != models().end()) return *found;
  std::string names;
  for (const Model& model : models()) names += (names.empty() ? "" : ", ") + model.name;
  throw UsageError("there is no model '" + name + "'; the models are " + names);
}

}  // namespace saddle
