// Games whose discriminator is spectrally normalised.
#include <catch2/catch.hpp>

#include "gan/game.h"
#include "nn/modules.h"
#include "tests/gan/networks.h"
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
  settings.set("ngf", int64_t{4});
  settings.set("ndf", int64_t{8});
  return settings;
}

std::vector<Batch> images(int64_t n, uint64_t seed) {
  Generator random(seed);
  return {{random_uniform({n, 1, 16, 16}, random, -1, 1), {}}};
}

}  // namespace

TEST_CASE("in training, every layer's largest singular value stays near 1", "[gan][spectral_norm]") {
  const auto game = find_model("dcgan").make(hinge_with_spectral_norm(), Device{});
  for (uint64_t step = 0; step < 60; ++step) game->step(images(4, step));
  const NamedTensors state = game->networks()[1].second->state_dict();
  int layers = 0;
  for (const auto& [name, tensor] : state) {
    if (!name.ends_with("weight_orig")) continue;
    INFO(name);
    ++layers;
    const std::string prefix = name.substr(0, name.rfind('.') + 1);
    const double sigma = sigma_of(state, prefix, 0);
    CHECK(largest_singular_value(matrix_of(tensor, 0)) / sigma == Approx(1).epsilon(1e-2));
  }
  CHECK(layers == 3);
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
