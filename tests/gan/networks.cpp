// Networks: the names and shapes of their weights, which are PyTorch's, what goes in and what comes out.
#include <catch2/catch.hpp>
#include <cmath>

#include "autograd/ops.h"
#include "gan/networks/dcgan.h"
#include "gan/networks/init.h"
#include "gan/networks/mlp.h"
#include "nn/modules.h"
#include "tests/gan/networks.h"

using namespace saddle;
using namespace saddle::test;

namespace {

std::string conv(int at, int64_t first, int64_t second) {
  return concat(at, ".weight [", first, ",", second, ",4,4]");
}

template <class Network>
Variable run(const Network& network, const Variable& x) {
  Generator generator(1);
  init_normal(*network, generator);
  return (*network)(x);
}

double mean_of(const Tensor& t) {
  return mean(t).item();
}
double std_of(const Tensor& t) {
  return std::sqrt(var(t, {}, 0).item());
}

}  // namespace

TEST_CASE("DCGAN at 64 is the classic network, layer by layer", "[gan][networks]") {
  Names generator = {conv(0, 100, 512)}, discriminator = {conv(0, 64, 3), "0.bias [64]", conv(2, 128, 64)};
  add_batch_norm(generator, 1, 512);
  generator.push_back(conv(3, 512, 256));
  add_batch_norm(generator, 4, 256);
  generator.push_back(conv(6, 256, 128));
  add_batch_norm(generator, 7, 128);
  generator.push_back(conv(9, 128, 64));
  add_batch_norm(generator, 10, 64);
  generator.push_back(conv(12, 64, 3));
  CHECK(layers(*dcgan_generator({})) == generator);

  add_batch_norm(discriminator, 3, 128);
  discriminator.push_back(conv(5, 256, 128));
  add_batch_norm(discriminator, 6, 256);
  discriminator.push_back(conv(8, 512, 256));
  add_batch_norm(discriminator, 9, 512);
  discriminator.push_back(conv(11, 1, 512));
  CHECK(layers(*dcgan_discriminator({})) == discriminator);
}

TEST_CASE("DCGAN's discriminator without normalisation", "[gan][networks]") {
  CHECK(layers(*dcgan_discriminator({.norm = Normalization::none})) ==
        Names{conv(0, 64, 3), "0.bias [64]", conv(2, 128, 64), "2.bias [128]", conv(4, 256, 128),
              "4.bias [256]", conv(6, 512, 256), "6.bias [512]", conv(8, 1, 512)});

  const auto d = dcgan_discriminator({.size = 16, .channels = 1, .ndf = 2, .norm = Normalization::none});
  const Variable x = noise({3, 1, 16, 16});
  const Variable together = run(d, x), alone = run(d, slice(x, 0, 1, 2));
  CHECK(alone.item() == slice(together, 0, 1, 2).item());
}

TEST_CASE("DCGAN takes every power of two from 16 to 256", "[gan][networks]") {
  int depth = 2;  // layers that change the resolution, but for the one at 4x4
  for (const int64_t size : {16, 32, 64, 128, 256}) {
    INFO(size);
    const auto g = dcgan_generator({.size = size, .channels = 1, .nz = 3, .ngf = 2});
    const auto d = dcgan_discriminator({.size = size, .channels = 1, .ndf = 2});
    CHECK(g->size() == 3 * depth + 2);
    CHECK(d->size() == 3 * depth + 1);
    CHECK(layers(*g).front() == conv(0, 3, size / 4));
    CHECK(layers(*g).back() == conv(3 * depth, 2, 1));
    CHECK(layers(*d).front() == conv(0, 2, 1));
    CHECK(layers(*d).back() == conv(3 * depth - 1, 1, size / 4));
    const Variable images = run(g, noise({2, 3, 1, 1}));
    CHECK(images.shape() == Shape{2, 1, size, size});
    CHECK(amax(abs(images)).item() <= 1);
    CHECK(run(d, images).shape() == Shape{2});
    ++depth;
  }
}

TEST_CASE("DCGAN refuses other sizes", "[gan][networks]") {
  for (const int64_t size : {0, 8, 48, 65, 512}) {
    CHECK_THROWS_WITH(dcgan_generator({.size = size}),
                      concat("dcgan: size ", size, " is not a power of two from 16 to 256"));
    CHECK_THROWS_AS(dcgan_discriminator({.size = size}), UsageError);
  }
  CHECK_THROWS_WITH(dcgan_generator({.ngf = 0}), "dcgan: a layer of 0 channels");
}

TEST_CASE("the fully connected networks", "[gan][networks]") {
  const MlpOptions options{.size = 6, .channels = 3, .nz = 5};
  const auto g = mlp_generator(options), d = mlp_discriminator(options);
  Names generator = {"0.weight [128,5]", "0.bias [128]", "2.weight [256,128]", "2.bias [256]"};
  add_batch_norm(generator, 3, 256);
  generator.insert(generator.end(), {"5.weight [512,256]", "5.bias [512]"});
  add_batch_norm(generator, 6, 512);
  generator.insert(generator.end(), {"8.weight [1024,512]", "8.bias [1024]"});
  add_batch_norm(generator, 9, 1024);
  generator.insert(generator.end(), {"11.weight [108,1024]", "11.bias [108]"});
  CHECK(layers(*g) == generator);
  CHECK(layers(*d) == Names{"1.weight [512,108]", "1.bias [512]", "3.weight [256,512]", "3.bias [256]",
                            "5.weight [1,256]", "5.bias [1]"});

  const Variable images = run(g, noise({4, 5}));
  CHECK(images.shape() == Shape{4, 3, 6, 6});
  CHECK(amax(abs(images)).item() <= 1);
  CHECK(run(d, images).shape() == Shape{4});
  CHECK_THROWS_AS(mlp_generator({.size = 0}), UsageError);
  CHECK_THROWS_AS(mlp_generator({.nz = 0}), UsageError);
  CHECK_THROWS_AS(mlp_discriminator({.channels = 0}), UsageError);
  CHECK_THROWS_AS(mlp_discriminator({.width = 0}), UsageError);
}

TEST_CASE("initial weights of DCGAN", "[gan][networks]") {
  const auto net = nn::sequential(nn::conv2d(64, 64, 4), nn::batch_norm2d(4096),
                                  nn::conv_transpose2d(64, 64, 4), nn::linear(256, 256));
  Generator generator(3);
  init_normal(*net, generator);
  for (const auto& [name, tensor] : net->state_dict()) {
    INFO(name);
    const bool weight = name.ends_with("weight"), norm = name.starts_with("1.");
    if (weight) {
      CHECK(mean_of(tensor) == Approx(norm ? 1 : 0).margin(1e-3));
      CHECK(std_of(tensor) == Approx(0.02).epsilon(0.05));
    } else if (name.ends_with("bias") || name.ends_with("mean")) {
      CHECK(std_of(tensor) == 0);
      CHECK(mean_of(tensor) == 0);
    }
  }
}
