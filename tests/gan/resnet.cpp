// The residual networks of SNGAN and WGAN-GP, and SNGAN's plain ones: names and shapes of their weights, what
// a block computes, and that models play with them.
#include "gan/networks/resnet.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "autograd/ops.h"
#include "gan/game.h"
#include "gan/networks/sngan_cnn.h"
#include "nn/modules.h"
#include "tests/gan/networks.h"

using namespace saddle;
using namespace saddle::test;

namespace {

void add_layer(Names& names, const std::string& at, const Shape& weight) {
  names.push_back(concat(at, ".weight ", weight));
  names.push_back(concat(at, ".bias [", weight[0], "]"));
}

/// A block that doubles the image, with batch norm: b is norm 0, relu, upsample, conv 3, norm 4, relu,
/// conv 6.
void add_up(Names& names, int at, int64_t in, int64_t out) {
  const std::string b = concat(at, ".b.");
  add_batch_norm(names, b + "0", in);
  add_layer(names, b + "3", {out, in, 3, 3});
  add_batch_norm(names, b + "4", out);
  add_layer(names, b + "6", {out, out, 3, 3});
  add_layer(names, concat(at, ".shortcut.0"), {out, in, 1, 1});
}

/// One without norm that halves it: b is relu, conv 1, relu, conv 3, pool; the shortcut is pool, conv 1.
void add_down(Names& names, int at, int64_t in, int64_t out) {
  add_layer(names, concat(at, ".b.1"), {in, in, 3, 3});
  add_layer(names, concat(at, ".b.3"), {out, in, 3, 3});
  add_layer(names, concat(at, ".shortcut.1"), {out, in, 1, 1});
}

/// One that halves images themselves: b is conv 0, relu, conv 2, pool.
void add_of_images(Names& names, int at, int64_t channels, int64_t out) {
  add_layer(names, concat(at, ".b.0"), {out, channels, 3, 3});
  add_layer(names, concat(at, ".b.2"), {out, out, 3, 3});
  add_layer(names, concat(at, ".shortcut.1"), {out, channels, 1, 1});
}

/// One that keeps size and channels.
void add_same(Names& names, int at, int64_t width) {
  add_layer(names, concat(at, ".b.1"), {width, width, 3, 3});
  add_layer(names, concat(at, ".b.3"), {width, width, 3, 3});
}

double distance(const Variable& a, const Variable& b) {
  return amax(abs(a - b)).item();
}

std::shared_ptr<nn::Module> drawn(std::shared_ptr<nn::Module> network) {
  Generator generator(1);
  init_residual(*network, generator);
  return network;
}

}  // namespace

TEST_CASE("SNGAN's networks at 32 are those of the paper's appendix, block by block", "[gan][networks]") {
  Names generator, discriminator;
  add_layer(generator, "0", {4096, 128});
  for (const int at : {2, 3, 4}) add_up(generator, at, 256, 256);
  add_batch_norm(generator, 5, 256);
  add_layer(generator, "7", {3, 256, 3, 3});
  CHECK(layers(*sngan_generator({})) == generator);

  add_of_images(discriminator, 0, 3, 128);
  add_down(discriminator, 1, 128, 128);
  add_same(discriminator, 2, 128);
  add_same(discriminator, 3, 128);
  add_layer(discriminator, "6", {1, 128});
  CHECK(layers(*sngan_discriminator({})) == discriminator);
}

TEST_CASE("SNGAN's networks at 64 and 48", "[gan][networks]") {
  Names generator, discriminator;
  add_layer(generator, "0", {16384, 128});
  for (const int at : {2, 3, 4, 5}) add_up(generator, at, 1024 >> (at - 2), 512 >> (at - 2));
  add_batch_norm(generator, 6, 64);
  add_layer(generator, "8", {3, 64, 3, 3});
  CHECK(layers(*sngan_generator({.size = 64})) == generator);

  add_of_images(discriminator, 0, 3, 64);
  for (const int at : {1, 2, 3}) add_down(discriminator, at, 32 << at, 64 << at);
  Names at_48 = discriminator;
  add_down(discriminator, 4, 512, 1024);
  add_layer(discriminator, "7", {1, 1024});
  CHECK(layers(*sngan_discriminator({.size = 64})) == discriminator);

  add_layer(at_48, "4.b.1", {512, 512, 3, 3});
  add_layer(at_48, "4.b.3", {1024, 512, 3, 3});
  add_layer(at_48, "4.shortcut.0", {1024, 512, 1, 1});
  add_layer(at_48, "7", {1, 1024});
  CHECK(layers(*sngan_discriminator({.size = 48})) == at_48);
}

TEST_CASE("WGAN-GP's networks at 32 and 64 are those of the authors' code", "[gan][networks]") {
  Names generator, critic;
  add_layer(generator, "0", {2048, 128});
  for (const int at : {2, 3, 4}) add_up(generator, at, 128, 128);
  add_batch_norm(generator, 5, 128);
  add_layer(generator, "7", {3, 128, 3, 3});
  CHECK(layers(*wgan_gp_generator({})) == generator);
  CHECK(layers(*wgan_gp_critic({})) == layers(*sngan_discriminator({})));

  add_layer(critic, "0", {64, 3, 3, 3});
  add_down(critic, 1, 64, 128);
  add_down(critic, 2, 128, 256);
  add_down(critic, 3, 256, 512);
  add_down(critic, 4, 512, 512);
  add_layer(critic, "6", {1, 8192});
  CHECK(layers(*wgan_gp_critic({.size = 64})) == critic);
  CHECK(layers(*wgan_gp_generator({.size = 64}))[0] == "0.weight [8192,128]");
}

TEST_CASE("residual networks of every size", "[gan][networks]") {
  for (const int64_t size : {32, 48, 64, 128}) {
    INFO(size);
    const ResidualGeneratorOptions g{.size = size, .channels = 1, .nz = 3, .ngf = 1};
    const ResidualDiscriminatorOptions d{.size = size, .channels = 1, .ndf = 1};
    for (const auto& generator : {sngan_generator(g), wgan_gp_generator(g)}) {
      const Variable images = (*drawn(generator))(noise({2, 3}));
      CHECK(images.shape() == Shape{2, 1, size, size});
      CHECK(amax(abs(images)).item() <= 1);
    }
    for (const auto& discriminator : {sngan_discriminator(d), wgan_gp_critic(d)})
      CHECK((*drawn(discriminator))(noise({2, 1, size, size})).shape() == Shape{2});
    CHECK((*drawn(sngan_trunk(d)))(noise({2, 1, size, size})).shape() == Shape{2, sngan_width(1, size)});
  }
  CHECK_THROWS_WITH(sngan_generator({.size = 96}), "resnet: size 96 is not 32, 48, 64 or 128");
  CHECK_THROWS_AS(wgan_gp_critic({.size = 16}), UsageError);
  CHECK_THROWS_WITH(sngan_discriminator({.ndf = 0}), "resnet: a layer of 0 channels");
}

TEST_CASE("a block is the sum of its branch and its shortcut, in the papers' order", "[gan][networks]") {
  const Variable x = noise({2, 3, 4, 4});
  for (const Resize resize : {Resize::up, Resize::down, Resize::none}) {
    INFO(static_cast<int>(resize));
    const auto block = std::make_shared<ResidualBlock>(
        ResidualBlockOptions{.in = 3, .out = 5, .hidden = 4, .resize = resize, .norm = [](int64_t width) {
                               return nn::instance_norm2d(width);
                             }});
    const NamedTensors state = drawn(block)->state_dict();
    const bool up = resize == Resize::up, down = resize == Resize::down;
    const auto tensor = [&](const std::string& name) { return Variable(*find(state, name)); };
    const auto resized = [&](const Variable& y) { return down ? avg_pool2d(y, {2, 2}) : y; };
    const auto conv = [&](const Variable& y, const std::string& at, int64_t padding) {
      return conv2d(y, tensor(at + ".weight"), tensor(at + ".bias"), {.padding = {padding, padding}});
    };
    const auto grown = [&](const Variable& y) { return up ? interpolate(y, 2) : y; };
    Variable branch = conv(grown(relu(instance_norm(x))), up ? "b.3" : "b.2", 1);
    branch = resized(conv(relu(instance_norm(branch)), up ? "b.6" : "b.5", 1));
    const Variable shortcut = resized(conv(grown(x), down ? "shortcut.1" : "shortcut.0", 0));
    CHECK(distance((*block)(x), branch + shortcut) < 1e-5);
  }
  const auto same = std::make_shared<ResidualBlock>(ResidualBlockOptions{.in = 3, .out = 3});
  drawn(same);
  CHECK(distance((*same)(x), same->branch()(x) + x) == 0);
}

TEST_CASE("initial weights of residual networks", "[gan][networks]") {
  const auto block = std::make_shared<ResidualBlock>(ResidualBlockOptions{.in = 64, .out = 96});
  const auto net = drawn(nn::sequential(block, nn::linear(400, 100)));
  for (const auto& [name, tensor] : net->state_dict()) {
    INFO(name);
    const double deviation = std::sqrt(var(Variable(tensor), {}, 0).item());
    if (name.ends_with("bias")) {
      CHECK(amax(abs(Variable(tensor))).item() == 0);
    } else {
      const double fans = name == "1.weight"                           ? 500
                          : name.find("shortcut") != std::string::npos ? 160
                          : name == "0.b.1.weight"                     ? 9 * 160
                                                                       : 9 * 192;
      const double gain = name.find(".b.") == std::string::npos ? 1 : 2;
      CHECK(deviation == Approx(std::sqrt(gain * 2 / fans)).epsilon(0.02));
    }
  }
}

TEST_CASE("SNGAN's plain networks are those of the paper's table 3", "[gan][networks]") {
  Names generator, discriminator;
  add_layer(generator, "0", {8192, 128});
  for (const int64_t i : {0, 1, 2}) {
    const int at = static_cast<int>(2 + 3 * i);
    const int64_t in = 512 >> i, out = 256 >> i;
    generator.push_back(concat(at, ".weight [", in, ",", out, ",4,4]"));
    generator.push_back(concat(at, ".bias [", out, "]"));
    add_batch_norm(generator, at + 1, out);
  }
  add_layer(generator, "11", {3, 64, 3, 3});
  CHECK(layers(*sngan_cnn_generator({})) == generator);

  add_layer(discriminator, "0", {64, 3, 3, 3});
  for (const int64_t i : {0, 1, 2}) {
    const int64_t width = 64 << i;
    add_layer(discriminator, concat(2 + 4 * i), {width, width, 4, 4});
    add_layer(discriminator, concat(4 + 4 * i), {2 * width, width, 3, 3});
  }
  add_layer(discriminator, "15", {1, 8192});
  CHECK(layers(*sngan_cnn_discriminator({})) == discriminator);

  Generator random(1);
  const auto g = sngan_cnn_generator({.size = 48, .channels = 1, .nz = 3, .ngf = 2});
  const auto d = sngan_cnn_discriminator({.size = 48, .channels = 1, .ndf = 2, .norm = Normalization::layer});
  g->reset_parameters(random);
  d->reset_parameters(random);
  CHECK((*d)((*g)(noise({2, 3}))).shape() == Shape{2});
  CHECK_THROWS_WITH(sngan_cnn_generator({.size = 44}),
                    "sngan-cnn: size 44 is not a multiple of 8 from 16 to 256");
}

TEST_CASE("models play with the networks of other papers", "[gan][networks]") {
  const std::vector<std::string> nets = {"dcgan", "sngan-cnn", "sngan-resnet", "wgan-gp-resnet"};
  for (const std::string& net : nets) {
    for (const std::string model : {"dcgan", "wgan-gp", "sngan"}) {
      INFO(model << " with " << net);
      Settings settings(find_model(model).options);
      CHECK(settings.find("net")->choices == nets);
      settings.set("net", net);
      for (const auto& [option, value] :
           {std::pair{"size", 32}, {"channels", 1}, {"nz", 4}, {"ngf", 1}, {"ndf", 1}, {"n-critic", 1}})
        settings.set(option, int64_t{value});
      const auto game = find_model(model).make(settings, Device{});
      Generator random(1);
      for (const auto& [name, value] : game->step({{random_uniform({2, 1, 32, 32}, random, -1, 1), {}}}))
        CHECK(std::isfinite(value));
      const bool normalised = find(game->state(), "discriminator.0.weight_u") != nullptr ||
                              find(game->state(), "discriminator.0.b.0.weight_u") != nullptr;
      CHECK(normalised == (model == "sngan"));
    }
  }
  Settings settings(find_model("sngan").options);
  settings.set("channels", int64_t{1});
  settings.set("d-dropout", 0.5);
  CHECK_THROWS_WITH(find_model("sngan").make(settings, Device{}),
                    Catch::Contains("option 'net': the discriminator of sngan-resnet has no place for"));
}
