// Games whose discriminator is spectrally normalised.
#include <catch2/catch.hpp>

#include "gan/game.h"
#include "nn/modules.h"
#include "tests/gan/networks.h"
#include "tests/gan/small_games.h"
#include "tests/nn/spectrum.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

Settings hinge_with_spectral_norm() {
  Settings settings(find_model("dcgan").options);
  settings.set("loss", std::string("hinge"));
  settings.set("spectral-norm", true);
  settings.set("channels", int64_t{1});
  settings.set("size", int64_t{16});
  settings.set("batch", int64_t{4});
  settings.set("ngf", int64_t{4});
  settings.set("ndf", int64_t{8});
  return settings;
}

}  // namespace

TEST_CASE("in training, every layer's largest singular value stays near 1", "[gan][spectral_norm]") {
  const auto check = [](const std::string& model, Settings settings, int steps) {
    INFO(model);
    settings.set("ndf", int64_t{8});
    const auto game = game_of(model, settings);
    train(*game, settings, 0, steps);
    int layers = 0;
    for (const auto& [network, module] : game->networks()) {
      const NamedTensors state = module->state_dict();
      for (const auto& [name, tensor] : state) {
        if (!name.ends_with("weight_orig")) continue;
        INFO(network << "." << name);
        ++layers;
        const std::string prefix = name.substr(0, name.rfind('.') + 1);
        const double sigma = sigma_of(state, prefix, 0);
        CHECK(largest_singular_value(matrix_of(tensor, 0)) / sigma == Approx(1).epsilon(1e-2));
      }
    }
    return layers;
  };
  CHECK(check("dcgan", hinge_with_spectral_norm(), 60) == 3);
  // Residual and of classes: linear layers and embeddings too; of BigGAN's generator all layers but its
  // table.
  CHECK(check("sngan-projection", settings_of("sngan-projection"), 12) == 12);
  CHECK(check("biggan", settings_of("biggan"), 30) == 27 + 16);
}

TEST_CASE("spectral norm is the discriminator's alone, and leaves it no other normalisation",
          "[gan][spectral_norm]") {
  const auto game = find_model("dcgan").make(hinge_with_spectral_norm(), Device{});
  CHECK(layers(*game->networks()[0].second).front() == "0.weight [100,8,4,4]");
  CHECK(layers(*game->networks()[1].second) ==
        Names{"0.bias [8]", "0.weight_orig [8,1,4,4]", "0.weight_u [8]", "0.weight_v [16]", "2.bias [16]",
              "2.weight_orig [16,8,4,4]", "2.weight_u [16]", "2.weight_v [128]", "4.weight_orig [1,16,4,4]",
              "4.weight_u [1]", "4.weight_v [256]"});
}
