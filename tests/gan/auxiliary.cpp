// What discriminators answer beside how real an image is: the losses, and the games that learn by them.
#include "gan/losses/auxiliary.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "autograd/ops.h"
#include "gan/data/partly_labelled.h"
#include "gan/data/sources.h"
#include "gan/games/infogan.h"
#include "gan/networks/heads.h"
#include "gan/networks/infogan.h"
#include "nn/modules.h"
#include "tests/gan/networks.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

Variable numbers(const std::vector<float>& values, const Shape& shape) {
  return Tensor::from(values, shape);
}

}  // namespace

TEST_CASE("the classes of images that have none count for nothing", "[gan][auxiliary]") {
  const AuxiliaryTask task = class_of_labelled(3);
  const Variable logits = numbers({1, 2, 3, 0, 5, 0, 9, 9, 9, 2, 0, 1}, {4, 3});
  const double first = std::log(std::exp(1.0) + std::exp(2.0) + std::exp(3.0)) - 2;
  const double last = std::log(std::exp(2.0) + 1 + std::exp(1.0)) - 2;
  CHECK(task.loss(logits, {.labels = labels({1, -1, -1, 0}), .latents = {}}).item() ==
        Approx((first + last) / 2));
  CHECK(task.loss(logits, {.labels = labels({-1, -1, -1, -1}), .latents = {}}).item() == 0);
  CHECK(class_of_all(3).loss(logits, {.labels = labels({1, 1, 2, 0}), .latents = {}}).item() ==
        Approx((first + std::log(2 + std::exp(5.0)) - 5 + std::log(3.0) + last) / 4));
}

TEST_CASE("a code that is read back costs its entropy, and its squared distance", "[gan][auxiliary]") {
  const Codes codes{.categories = 2, .continuous = 1, .weight_categorical = 3, .weight_continuous = 0.5};
  const AuxiliaryTask task = code_of_fakes(codes);
  CHECK(task.answers == 3);
  // One number of noise, the category, the continuous code.
  const Variable latents = numbers({9, 1, 0, 0.5F, 9, 0, 1, -1}, {2, 4, 1, 1});
  const Variable answers = numbers({2, 0, 0.25F, 2, 0, 1}, {2, 3});
  const double all = std::log(1 + std::exp(2.0));
  CHECK(task.loss(answers, {.labels = {}, .latents = latents}).item() ==
        Approx(3 * ((all - 2) + all) / 2 + 0.5 / 2 * (0.0625 + 4) / 2));
}

TEST_CASE("an image is real if it is of a class", "[gan][auxiliary]") {
  const Variable said = (*real_if_of_a_class())(numbers({1, 2, 500, 500}, {2, 2}));
  REQUIRE(said.shape() == Shape{2, 3});
  const auto values = said.value().to_vector<float>();
  CHECK(values[0] == Approx(std::log(std::exp(1.0) + std::exp(2.0))));
  CHECK(values[2] == 2);
  CHECK(values[3] == Approx(500 + std::log(2.0)));
}

TEST_CASE("heads share features and keep their names", "[gan][auxiliary]") {
  Generator random(1);
  Heads net(nn::sequential(nn::linear(4, 3), nn::relu()),
            {nn::linear(3, 1), nn::sequential(nn::linear(3, 2), nn::tanh())});
  net.reset_parameters(random);
  std::vector<std::string> names;
  for (const auto& [name, parameter] : net.named_parameters()) names.push_back(name);
  CHECK(names == std::vector<std::string>{"trunk.0.weight", "trunk.0.bias", "heads.0.weight", "heads.0.bias",
                                          "heads.1.0.weight", "heads.1.0.bias"});
  CHECK(net(random_normal({5, 4}, random)).shape() == Shape{5, 3});
}

TEST_CASE("InfoGAN's layers", "[gan][auxiliary]") {
  Names expected = {"0.weight [1024,74]"};
  add_batch_norm(expected, 1, 1024);
  expected.push_back("3.weight [6272,1024]");
  add_batch_norm(expected, 4, 6272);
  expected.push_back("7.weight [128,64,4,4]");
  add_batch_norm(expected, 8, 64);
  expected.insert(expected.end(), {"10.weight [64,1,4,4]", "10.bias [1]"});
  CHECK(layers(*infogan_generator({})) == expected);

  expected = {"trunk.0.weight [64,1,4,4]", "trunk.0.bias [64]", "trunk.2.weight [128,64,4,4]"};
  add_batch_norm(expected, "trunk.3", 128);
  expected.push_back("trunk.6.weight [1024,6272]");
  add_batch_norm(expected, "trunk.7", 1024);
  expected.insert(expected.end(),
                  {"heads.0.weight [1,1024]", "heads.0.bias [1]", "heads.1.0.weight [128,1024]"});
  add_batch_norm(expected, "heads.1.1", 128);
  expected.insert(expected.end(), {"heads.1.3.weight [12,128]", "heads.1.3.bias [12]"});
  CHECK(layers(*infogan_discriminator({})) == expected);

  Generator random(1);
  const auto g = infogan_generator({.size = 16, .channels = 3, .nz = 5, .ngf = 2, .width = 4});
  const auto d = infogan_discriminator({.size = 16, .channels = 3, .ndf = 2, .width = 4, .codes = 6});
  for (const auto& network : {std::static_pointer_cast<nn::Module>(g), d}) network->reset_parameters(random);
  const Variable images = (*g)(random_normal({3, 5}, random));
  REQUIRE(images.shape() == Shape{3, 3, 16, 16});
  CHECK((*d)(images).shape() == Shape{3, 7});
  CHECK_THROWS_WITH(infogan_generator({.size = 30}), "infogan: size 30 is not a multiple of 4 from 8 to 64");
  CHECK_THROWS_AS(infogan_discriminator({.size = 28, .ndf = 0}), UsageError);
}

TEST_CASE("latents end with a category and codes between -1 and 1", "[gan][auxiliary]") {
  const Codes codes{.categories = 4, .continuous = 2};
  const DrawLatents draw = latents_with_codes({9}, codes);
  Generator random(7);
  const Tensor latents = draw(400, random, {});
  REQUIRE(latents.shape() == Shape{400, 9});
  std::vector<int> of_category(4);
  double square = 0, least = 0, greatest = 0;
  for (int64_t i = 0; i < 400; ++i) {
    const float* latent = latents.data<float>() + 9 * i;
    int ones = 0;
    for (size_t k = 0; k < 4; ++k) {
      if (latent[3 + k] == 0) continue;
      CHECK(latent[3 + k] == 1);
      ++ones;
      ++of_category[k];
    }
    CHECK(ones == 1);
    for (int noise = 0; noise < 3; ++noise) square += double{latent[noise]} * latent[noise] / 1200;
    for (int code = 7; code < 9; ++code) {
      least = std::min(least, double{latent[code]});
      greatest = std::max(greatest, double{latent[code]});
    }
  }
  for (const int count : of_category) CHECK(count > 70);
  CHECK(square == Approx(1).margin(0.15));
  CHECK(least >= -1);
  CHECK(least < -0.95);
  CHECK(greatest < 1);
  CHECK(greatest > 0.95);
}

TEST_CASE("the category that is asked for takes the place of the latent's", "[gan][auxiliary]") {
  Settings settings(find_model("infogan").options);
  for (const char* width : {"ngf", "ndf", "nz", "width"}) settings.set(width, int64_t{2});
  settings.set("channels", int64_t{1});
  settings.set("size", int64_t{16});
  settings.set("categories", int64_t{3});
  const auto game = find_model("infogan").make(settings, Device{});
  CHECK(game->classes() == 3);
  CHECK(game->latent_shape() == Shape{7});
  Tensor latents = game->latents({5});
  auto* category = latents.data<float>() + 2;
  const auto is = std::find(category, category + 3, 1.0F) - category;
  const auto image = [&](int64_t label) {
    return game->generate(latents, Tensor::full({1}, static_cast<double>(label), DType::i64))
        .to_vector<float>();
  };
  const auto before = latents.to_vector<float>();
  const auto own = image(is), other = image((is + 1) % 3);
  CHECK(own != other);
  CHECK(latents.to_vector<float>() == before);
  std::fill_n(category, 3, 0.0F);
  category[(is + 1) % 3] = 1;
  CHECK(image(is) == own);
  CHECK_THROWS_WITH(game->generate(latents), "generate: a model of classes needs labels");
}

TEST_CASE("a source of which few labels are known", "[gan][auxiliary]") {
  const auto shapes = std::make_shared<ShapesSource>(0);
  const auto count = static_cast<int64_t>(shapes->classes().size());
  const auto source = partly_labelled(shapes, 2 * count);
  CHECK(source->size() == 2 * shapes->size());
  CHECK(source->classes() == shapes->classes());
  std::vector<int64_t> seen(shapes->classes().size());
  for (int64_t i = 0; i < 10; ++i) CHECK(source->label(i) == -1);
  CHECK(source->load(3).label == -1);
  for (int64_t i = shapes->size(); i < shapes->size() + 4 * count; ++i) {
    const int64_t label = source->label(i);
    CHECK(source->label(i) == source->label(i + 2 * count));
    CHECK(source->name(i) == source->name(i + 2 * count));
    ++seen[static_cast<size_t>(label)];
  }
  for (const int64_t times : seen) CHECK(times == 4);
  CHECK(source->load(shapes->size()).label == source->label(shapes->size()));
  CHECK_THROWS_WITH(partly_labelled(shapes, count + 1), Contains("cannot be as many of each of"));
}
