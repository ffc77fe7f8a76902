// The layers that kernels are timed on are those of the networks.
#include "bench/layers.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "nn/module.h"

using namespace saddle;
using namespace saddle::bench;

namespace {

using Weights = std::map<std::string, int64_t>;

/// The shapes of a network's convolutions' weights, and how many there are of each.
Weights weights_of(const nn::Module& network) {
  Weights weights;
  for (const auto& [name, parameter] : network.named_parameters())
    if (parameter.rank() == 4) ++weights[parameter.shape().str()];
  return weights;
}

Weights weights_of(const Network& network) {
  Weights weights;
  for (const ConvLayer& layer : network.layers) weights[layer.w().str()] += layer.count;
  return weights;
}

Shape result_of(const Network& network) {
  return network.layers.back().output();
}

}  // namespace

TEST_CASE("the listed layers are those of the networks", "[bench]") {
  Generator random;
  for (const int64_t size : {16, 64, 128}) {
    const DcganGeneratorOptions generator{.size = size, .ngf = 8};
    CHECK(weights_of(layers_of(generator, 2)) == weights_of(*dcgan_generator(generator)));
    CHECK(result_of(layers_of(generator, 2)) == Shape{2, 3, size, size});
    const DcganDiscriminatorOptions discriminator{.size = size, .ndf = 8};
    CHECK(weights_of(layers_of(discriminator, 2)) == weights_of(*dcgan_discriminator(discriminator)));
    CHECK(result_of(layers_of(discriminator, 2)) == Shape{2, 1, 1, 1});
  }
  const ResnetGeneratorOptions resnet{.width = 8, .blocks = 9};
  CHECK(weights_of(layers_of(resnet, 1, 256)) == weights_of(*resnet_generator(resnet)));
  CHECK(result_of(layers_of(resnet, 1, 256)) == Shape{1, 3, 256, 256});
  for (const int64_t halvings : {1, 3, 5}) {
    const PatchganOptions options{.width = 8, .halvings = halvings};
    CHECK(weights_of(layers_of(options, 1, 256)) == weights_of(*patchgan(options)));
  }
  CHECK(result_of(layers_of(PatchganOptions{}, 1, 256)) == Shape{1, 1, 30, 30});
  const UnetOptions options{.width = 8};
  CHECK(weights_of(layers_of(options, 1, 256)) == weights_of(*unet(options, random)));
  CHECK(result_of(layers_of(options, 1, 256)) == Shape{1, 3, 256, 256});
}

TEST_CASE("layers on a GPU: the models at the sizes that they are trained at", "[bench]") {
  const std::vector<Network> all = networks(Scale::gpu);
  const auto find = [&](const std::string& name) {
    const auto has_name = [&](const Network& network) { return network.name == name; };
    const auto found = std::find_if(all.begin(), all.end(), has_name);
    REQUIRE(found != all.end());
    return *found;
  };
  const Network resnet = find("ResNet-9 generator");
  const ConvLayer& block = resnet.layers[3];
  CHECK(block.str() == "1x256x66x66 - 256x64x64, 3x3");
  CHECK(block.count == 18);
  // Of both of DCGAN's networks, forward, for a batch of 128 (docs/performance.md has 146 GFLOP for a step at
  // 64).
  CHECK(find("DCGAN generator").layers[1].operations() == 2.0 * 128 * 512 * 256 * 16 * 16);
  CHECK(find("U-Net-256").layers.size() == 16);
  CHECK(result_of(find("StyleGAN synthesis")) == Shape{8, 64, 256, 256});
}
