// BigGAN: names and shapes of its weights, self-attention, what latents and classes reach, and orthogonality.
#include "gan/networks/biggan.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "autograd/ops.h"
#include "gan/networks/self_attention.h"
#include "gan/penalties/orthogonal.h"
#include "nn/init.h"
#include "nn/modules.h"
#include "tests/gan/networks.h"
#include "tests/nn/spectrum.h"

using namespace saddle;
using namespace saddle::test;

namespace {

/// A spectrally normalised layer.
void add_layer(Names& names, const std::string& at, const Shape& weight, bool bias = true) {
  if (bias) names.push_back(concat(at, ".bias [", weight[0], "]"));
  names.push_back(concat(at, ".weight_orig ", weight));
  names.push_back(concat(at, ".weight_u [", weight[0], "]"));
  names.push_back(concat(at, ".weight_v [", weight.numel() / weight[0], "]"));
}

void add_norm(Names& names, const std::string& at, int64_t channels, int64_t length) {
  names.push_back(concat(at, ".norm.running_mean [", channels, "]"));
  names.push_back(concat(at, ".norm.running_var [", channels, "]"));
  names.push_back(at + ".norm.num_batches_tracked []");
  add_layer(names, at + ".gain", {channels, length}, false);
  add_layer(names, at + ".bias", {channels, length}, false);
}

void add_up(Names& names, const std::string& at, int64_t in, int64_t out, int64_t length) {
  add_norm(names, at + ".b.0", in, length);
  add_layer(names, at + ".b.3", {out, in, 3, 3});
  add_norm(names, at + ".b.4", out, length);
  add_layer(names, at + ".b.6", {out, out, 3, 3});
  add_layer(names, at + ".shortcut.0", {out, in, 1, 1});
}

void add_attention(Names& names, const std::string& at, int64_t channels) {
  names.push_back(at + ".gamma []");
  for (const char* layer : {".theta", ".phi"})
    add_layer(names, at + layer, {channels / 8, channels, 1, 1}, false);
  add_layer(names, at + ".g", {channels / 2, channels, 1, 1}, false);
  add_layer(names, at + ".o", {channels, channels / 2, 1, 1}, false);
}

/// Of a block of the discriminator, not its first.
void add_down(Names& names, const std::string& at, int64_t in, int64_t out, bool halves = true) {
  add_layer(names, at + ".b.1", {out, in, 3, 3});
  add_layer(names, at + ".b.3", {out, out, 3, 3});
  if (halves || in != out) add_layer(names, at + (halves ? ".shortcut.1" : ".shortcut.0"), {out, in, 1, 1});
}

double distance(const Variable& a, const Variable& b) {
  return amax(abs(a - b)).item();
}

Tensor classes(const std::vector<int64_t>& numbers) {
  return Tensor::from(numbers, {static_cast<int64_t>(numbers.size())});
}

}  // namespace

TEST_CASE("BigGAN's networks at 128 are those of the paper's table, block by block", "[gan][biggan]") {
  constexpr int64_t ch = 8, length = 20 + 128;
  Names generator = {"shared.weight [1000,128]"};
  add_layer(generator, "linear", {16 * ch * 16, length});
  add_up(generator, "blocks.0", 16 * ch, 16 * ch, length);
  add_up(generator, "blocks.1", 16 * ch, 8 * ch, length);
  add_up(generator, "blocks.2", 8 * ch, 4 * ch, length);
  add_up(generator, "blocks.3.0", 4 * ch, 2 * ch, length);
  add_attention(generator, "blocks.3.1", 2 * ch);
  add_up(generator, "blocks.4", 2 * ch, ch, length);
  add_batch_norm(generator, "output.0", ch);
  add_layer(generator, "output.2", {3, ch, 3, 3});
  CHECK(layers(BigGanGenerator({.ch = ch})) == generator);

  Names discriminator;
  add_layer(discriminator, "phi.0.0.b.0", {ch, 3, 3, 3});
  add_layer(discriminator, "phi.0.0.b.2", {ch, ch, 3, 3});
  add_layer(discriminator, "phi.0.0.shortcut.1", {ch, 3, 1, 1});
  add_attention(discriminator, "phi.0.1", ch);
  for (int64_t i = 1; i < 5; ++i) add_down(discriminator, concat("phi.", i), ch << (i - 1), ch << i);
  add_down(discriminator, "phi.5", 16 * ch, 16 * ch, false);
  add_layer(discriminator, "psi.0", {1, 16 * ch});
  add_layer(discriminator, "embed", {1000, 16 * ch}, false);
  const auto d = biggan_discriminator({.ch = ch});
  nn::spectral_norm_(*d);
  CHECK(layers(*d) == discriminator);
}

TEST_CASE("BigGAN's networks of every size", "[gan][biggan]") {
  for (const int64_t size : {32, 64, 128}) {
    for (const bool attention : {true, false}) {
      INFO(size << " attention " << attention);
      BigGanGenerator g({.size = size,
                         .channels = 1,
                         .classes = 3,
                         .nz = 9,
                         .ch = 1,
                         .embedding = 2,
                         .attention = attention});
      const auto d =
          biggan_discriminator({.size = size, .channels = 1, .classes = 3, .ch = 1, .attention = attention});
      Generator random(1);
      init_biggan(g, random);
      init_biggan(*d, random);
      const Variable labels = classes({2, 0});
      const Variable images = g(noise({2, 9}), labels);
      CHECK(images.shape() == Shape{2, 1, size, size});
      CHECK(amax(abs(images)).item() <= 1);
      CHECK((*d)(images, labels).shape() == Shape{2});
      int64_t attentions = 0;
      for (const std::string& name : layers(g)) attentions += name.ends_with(".gamma []");
      for (const std::string& name : layers(*d)) attentions += name.ends_with(".gamma []");
      CHECK(attentions == (attention ? 2 : 0));
    }
  }
  CHECK_THROWS_WITH(BigGanGenerator({.size = 48}), "biggan: size 48 is not 32, 64 or 128");
  CHECK_THROWS_WITH(BigGanGenerator({.nz = 5}), "biggan: a latent of 5 numbers has too few for 6 chunks");
  CHECK_THROWS_AS(biggan_discriminator({.ch = 0}), UsageError);
  CHECK_THROWS_AS(BigGanGenerator({})(noise({1, 120})), UsageError);
}

TEST_CASE("each chunk of a latent, and the class, reach the image", "[gan][biggan]") {
  BigGanGenerator g({.size = 32, .channels = 1, .classes = 3, .nz = 9, .ch = 2, .embedding = 4});
  Generator random(1);
  init_biggan(g, random);
  g(noise({4, 9}), classes({0, 1, 2, 0}));
  g.eval();
  const Variable z = noise({1, 9}), image = g(z, classes({1}));
  CHECK(distance(g(z, classes({1})), image) == 0);
  CHECK(distance(g(z, classes({2})), image) > 1e-4);
  for (int64_t i = 0; i < 9; ++i) {
    INFO(i);
    const Variable moved = z + one_hot(classes({i}), 9);
    CHECK(distance(g(moved, classes({1})), image) > 1e-4);
  }
}

TEST_CASE("a batch norm's scale and shift are linear in its condition", "[gan][biggan]") {
  ModulatedBatchNorm2d layer(3, 2);
  Generator random(2);
  layer.reset_parameters(random);
  const Variable x = noise({4, 3, 2, 2}), c = noise({4, 2});
  const NamedTensors state = layer.state_dict();
  const auto of_channels = [&](const char* name) {
    return reshape(linear(c, *find(state, name)), {4, 3, 1, 1});
  };
  const Variable expected = batch_norm(x) * (of_channels("gain.weight") + 1) + of_channels("bias.weight");
  CHECK(distance(layer(x, c), expected) < 1e-6);
  CHECK_THROWS_AS(layer(x), UsageError);
}

TEST_CASE("self-attention adds what positions see in all windows", "[gan][biggan]") {
  SelfAttention layer(8);
  Generator random(3);
  layer.reset_parameters(random);
  const Variable x = noise({2, 8, 4, 6});
  CHECK(distance(layer(x), x) == 0);

  nn::init::constant_(layer.gamma, 0.5);
  const Variable y = layer(x);
  const NamedTensors state = layer.state_dict();
  const auto at = [&](const char* name) { return conv2d(x, *find(state, name)); };
  const Variable theta = at("theta.weight"), phi = max_pool2d(at("phi.weight"), {2, 2}),
                 g = max_pool2d(at("g.weight"), {2, 2});
  const auto value = [](const Variable& v, int64_t n, int64_t c, int64_t p) {
    return double{v.value().data<float>()[(n * v.size(1) + c) * v.size(2) * v.size(3) + p]};
  };
  const auto* o = find(state, "o.weight")->data<float>();
  double worst = 0;
  for (int64_t n = 0; n < 2; ++n) {
    for (int64_t p = 0; p < 24; ++p) {
      std::vector<double> seen(4, 0);
      double total = 0;
      for (int64_t q = 0; q < 6; ++q) {
        const double weight = std::exp(value(theta, n, 0, p) * value(phi, n, 0, q));
        total += weight;
        for (int64_t c = 0; c < 4; ++c) seen[static_cast<size_t>(c)] += weight * value(g, n, c, q);
      }
      for (int64_t c = 0; c < 8; ++c) {
        double expected = value(x, n, c, p);
        for (int64_t k = 0; k < 4; ++k)
          expected += 0.5 * double{o[c * 4 + k]} * seen[static_cast<size_t>(k)] / total;
        worst = std::max(worst, std::abs(value(y, n, c, p) - expected));
      }
    }
  }
  CHECK(worst < 1e-5);
}

TEST_CASE("orthogonal regularisation is 0 for filters at right angles, of any length", "[gan][biggan]") {
  const auto net = nn::sequential(nn::conv2d(2, 3, 2), nn::embedding(4, 4), nn::linear(3, 2));
  Generator random(1);
  init_biggan(*net, random);
  const double scale = 18;  // of the squares that cancel
  CHECK(std::abs(orthogonal_penalty(*net).item()) < 1e-5 * scale);

  net->reset_parameters(random);
  double expected = 0;
  for (const char* name : {"0.weight", "2.weight"}) {
    Eigen::MatrixXd w = matrix_of(*find(net->state_dict(), name), 0);
    w = w * w.transpose().eval();
    w.diagonal().setZero();
    expected += w.squaredNorm();
  }
  CHECK(orthogonal_penalty(*net).item() == Approx(expected).epsilon(1e-5));
  CHECK_THROWS_AS(orthogonal_penalty(*nn::embedding(2, 2)), Error);
}
