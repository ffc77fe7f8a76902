// Networks of image translation: names and shapes of their weights, which are PyTorch's, and what goes in and
// comes out.
#include <catch2/catch.hpp>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "gan/networks/init.h"
#include "gan/networks/patchgan.h"
#include "gan/networks/resnet_generator.h"
#include "gan/networks/unet.h"
#include "tests/gan/networks.h"

using namespace saddle;
using namespace saddle::test;

namespace {

void add_conv(Names& names, const std::string& layer, int64_t first, int64_t second, int kernel,
              int64_t bias) {
  names.push_back(concat(layer, ".weight [", first, ",", second, ",", kernel, ",", kernel, "]"));
  if (bias > 0) names.push_back(concat(layer, ".bias [", bias, "]"));
}

template <class Network>
Variable run(const Network& network, const Variable& x) {
  Generator generator(1);
  init_normal(*network, generator);
  return (*network)(x);
}

/// Height and width of the pixels that the logit in the middle sees.
Shape receptive_field(int64_t halvings) {
  const auto net = patchgan({.channels = 1, .width = 1, .halvings = halvings, .norm = Normalization::none});
  Generator generator(1);
  net->reset_parameters(generator);
  net->to(DType::f64);
  const Variable x(noise({1, 1, 448, 448}, DType::f64).value(), true);
  const Variable y = (*net)(x);
  const int64_t middle = y.size(2) / 2;
  const Variable logit = slice(slice(y, 2, middle, middle + 1), 3, middle, middle + 1);
  const Variable seen = abs(grad({sum(logit)}, {x})[0]);
  Shape field;
  for (const int axis : {2, 3})
    field.push_back(static_cast<int64_t>(sum(abs(sign(amax(seen, {axis}, true)))).item()));
  return field;
}

}  // namespace

TEST_CASE("the residual generator is c7s1-64, d128, d256, R256, u128, u64, c7s1-3", "[gan][networks]") {
  Names expected;
  add_conv(expected, "1", 64, 3, 7, 64);
  add_conv(expected, "4", 128, 64, 3, 128);
  add_conv(expected, "7", 256, 128, 3, 256);
  for (int block = 10; block < 16; ++block)
    for (const char* layer : {".b.1", ".b.5"}) add_conv(expected, concat(block, layer), 256, 256, 3, 256);
  add_conv(expected, "16", 256, 128, 3, 128);
  add_conv(expected, "19", 128, 64, 3, 64);
  add_conv(expected, "23", 3, 64, 7, 3);
  CHECK(layers(*resnet_generator({.blocks = 6})) == expected);
  CHECK(resnet_generator({.width = 1})->size() == 28);

  const auto net = resnet_generator({.in_channels = 1, .out_channels = 2, .width = 2, .blocks = 1});
  const Variable images = run(net, noise({2, 1, 16, 12}));
  CHECK(images.shape() == Shape{2, 2, 16, 12});
  CHECK(amax(abs(images)).item() <= 1);
  CHECK_THROWS_WITH(resnet_generator({.width = 0}),
                    "resnet_generator: images of 3 and 3 channels, layers of 0");
  CHECK_THROWS_WITH(resnet_generator({.blocks = -1}), "resnet_generator: -1 blocks");
}

TEST_CASE("PatchGAN is C64-C128-C256-C512", "[gan][networks]") {
  for (const Normalization norm : {Normalization::instance, Normalization::batch, Normalization::none}) {
    const int step = norm == Normalization::none ? 2 : 3;
    int at = 0;
    Names expected;
    add_conv(expected, "0", 64, 6, 4, 64);
    for (at = 2; const int64_t width : {128, 256, 512}) {
      add_conv(expected, std::to_string(at), width, width / 2, 4, width);
      if (norm == Normalization::batch) add_batch_norm(expected, at + 1, width);
      at += step;
    }
    add_conv(expected, std::to_string(at), 1, 512, 4, 1);
    CHECK(layers(*patchgan({.channels = 6, .norm = norm})) == expected);
  }
  CHECK(run(patchgan({.channels = 2, .width = 1}), noise({2, 2, 256, 128})).shape() == Shape{2, 1, 30, 14});
  CHECK_THROWS_WITH(patchgan({.halvings = 0}), "patchgan: images of 3 channels, layers of 64, 0 halvings");
  CHECK_THROWS_AS(patchgan({.channels = 0}), UsageError);
}

TEST_CASE("a logit of PatchGAN sees as many pixels as the paper says", "[gan][networks]") {
  int64_t halvings = 1;
  for (const int64_t pixels : {16, 34, 70, 142, 286})
    CHECK(receptive_field(halvings++) == Shape{pixels, pixels});
}

TEST_CASE("U-Net is C64-C128-C256-C512-C512-C512-C512-C512 and back", "[gan][networks]") {
  constexpr int64_t f = 2;
  const int64_t widths[] = {f, 2 * f, 4 * f, 8 * f, 8 * f, 8 * f, 8 * f, 8 * f};
  Names expected;
  add_conv(expected, "down.0.0", f, 3, 4, f);
  for (int i = 1; i < 8; ++i) {
    add_conv(expected, concat("down.", i, ".1"), widths[i], widths[i - 1], 4, i == 7 ? widths[i] : 0);
    if (i < 7) add_batch_norm(expected, concat("down.", i, ".2"), widths[i]);
  }
  for (int i = 0; i < 7; ++i) {
    const int64_t to = widths[6 - i];
    add_conv(expected, concat("up.", i, ".1"), (i == 0 ? 1 : 2) * widths[7 - i], to, 4, 0);
    add_batch_norm(expected, concat("up.", i, ".2"), to);
  }
  add_conv(expected, "up.7.1", 2 * f, 3, 4, 3);
  Generator generator(2);
  CHECK(layers(*unet({.width = f}, generator)) == expected);
}

TEST_CASE("U-Net's images, sizes and dropout", "[gan][networks]") {
  Generator drops(2);
  const auto net = unet({.in_channels = 1, .out_channels = 2, .width = 2, .downs = 6}, drops);
  const Variable x = noise({2, 1, 64, 128});
  const Variable images = run(net, x);
  CHECK(images.shape() == Shape{2, 2, 64, 128});
  CHECK(amax(abs(images)).item() <= 1);

  const auto differ = [](const Variable& a, const Variable& b) { return amax(abs(a - b)).item() > 0; };
  const Philox place = drops.state();
  const Variable first = (*net)(x), second = (*net)(x);
  drops.set_state(place);
  CHECK(differ(first, second));
  CHECK_FALSE(differ(first, (*net)(x)));
  net->eval();
  const Philox before = drops.state();
  CHECK_FALSE(differ((*net)(x), (*net)(x)));
  CHECK(drops.state().offset == before.offset);

  CHECK_THROWS_WITH((*net)(noise({1, 1, 64, 96})),
                    "unet: input [1,1,64,96] is not [N,C,H,W] with H and W multiples of 64");
  CHECK_THROWS_WITH(unet({.downs = 3}, drops), "unet: 3 downs are not from 4 to 16");
  CHECK_THROWS_WITH(unet({.in_channels = 0}, drops), "unet: images of 0 and 3 channels, layers of 64");
}

TEST_CASE("U-Net drops out after the inner three ups of eight, but the innermost", "[gan][networks]") {
  // Every dropout draws a number for each of its elements: images of 4x4, 8x8, 16x16. A place counts fours.
  struct Case {
    int64_t downs;
    uint64_t pixels;
  };
  for (const auto [downs, pixels] : {Case{8, 16 + 64 + 256}, Case{6, 16}, Case{5, 0}, Case{4, 0}}) {
    INFO(downs);
    Generator drops(2);
    run(unet({.width = 1, .downs = downs}, drops), noise({2, 3, 1 << downs, 1 << downs}));
    CHECK(drops.state().offset == 2 * 8 * pixels / 4);
  }
}
