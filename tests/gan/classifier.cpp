// Classifiers: what they learn, and how they are scored.
#include "gan/games/classifier.h"

#include <catch2/catch.hpp>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "gan/confusion.h"
#include "gan/data/sources.h"
#include "gan/networks/classifier.h"
#include "nn/init.h"
#include "tests/gan/networks.h"
#include "tests/gan/squares.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

TEST_CASE("the classifier's layers", "[gan][classifier]") {
  Names expected = {"0.weight [8,1,3,3]"};
  add_batch_norm(expected, 1, 8);
  expected.push_back("3.weight [16,8,3,3]");
  add_batch_norm(expected, 4, 16);
  expected.push_back("6.weight [32,16,3,3]");
  add_batch_norm(expected, 7, 32);
  expected.push_back("11.weight [5,32]");
  expected.push_back("11.bias [5]");
  CHECK(layers(*classifier_network({.size = 28, .width = 8, .classes = 5})) == expected);
  // One more halving beyond 32 pixels, and another beyond 64.
  for (const auto& [size, blocks] : {std::pair{32, 3}, {33, 4}, {64, 4}, {65, 5}})
    CHECK(classifier_network({.size = size})->size() == 3 * blocks + 3);
  CHECK_THROWS_AS(classifier_network({.classes = 0}), UsageError);
}

TEST_CASE("a classifier learns its classes", "[gan][classifier]") {
  const auto game = trained_on_squares(60);
  auto& classifier = classifier_in(*game, "game");
  CHECK(classifier.class_count() == 4);
  CHECK(!game->generates());
  CHECK_THROWS_WITH(game->generate({}), "generate: a classifier makes no images");

  const Confusion confusion = evaluate(classifier, squares(50, 7), {.size = 8, .channels = 1});
  CHECK(confusion.total() == 50);
  CHECK(confusion.total(1) == 13);
  CHECK(confusion.accuracy() > 0.9);
  CHECK(evaluate(classifier, squares(50, 7), {.size = 8, .channels = 1}, 10).total() == 10);

  Batch batch = batch_of_squares(5, 1);
  const Confusion same = evaluate(classifier, squares(5, 1), {.size = 8, .channels = 1});
  Confusion counted(4);
  counted.add(batch.labels, classify(classifier, batch.images));
  CHECK(counted.accuracy() == same.accuracy());
}

TEST_CASE("a classifier's logits pass gradients to images and none to weights", "[gan][classifier]") {
  const auto game = trained_on_squares(3);
  auto& classifier = classifier_in(*game, "game");
  const Variable images(batch_of_squares(4, 2).images, true);
  const NamedTensors before = game->state();
  const Variable logits = classifier.logits(images);
  CHECK(logits.shape() == Shape{4, 4});
  game->networks()[0].second->zero_grad();
  backward(sum(square(logits)));
  CHECK(sum(abs(images.grad())).item() > 0);
  for (const Variable& parameter : game->networks()[0].second->parameters()) {
    CHECK(!parameter.grad().defined());
    CHECK(parameter.requires_grad());
  }
  CHECK(game->networks()[0].second->is_training());
  CHECK(find(game->state(), "classifier.1.num_batches_tracked")->item() == 3);
}

TEST_CASE("a classifier needs labels, and losses that are finite", "[gan][classifier]") {
  const auto game = trained_on_squares(0);
  const Batch batch = batch_of_squares(4, 1);
  CHECK_THROWS_WITH(game->step({{batch.images, {}}}), "game: a model of classes needs labels");
  CHECK_THROWS_WITH(game->step({batch, batch}), "game: a step takes 1 batch, got 2");
  nn::init::constant_(game->networks()[0].second->parameters().back(),
                      std::numeric_limits<double>::quiet_NaN());
  CHECK_THROWS_WITH(game->step({batch}), Contains("step 1: loss is nan"));
}

TEST_CASE("confusions are counted", "[gan][classifier]") {
  Confusion confusion(3);
  CHECK(confusion.accuracy() == 0);
  const auto i64 = [](std::vector<int64_t> v) { return Tensor::from(v, {static_cast<int64_t>(v.size())}); };
  confusion.add(i64({0, 0, 1, 1, 1}), i64({0, 2, 1, 1, 0}));
  confusion.add(i64({1}), i64({1}));
  CHECK(confusion.count(0, 2) == 1);
  CHECK(confusion.count(1, 1) == 3);
  CHECK(confusion.total() == 6);
  CHECK(confusion.accuracy() == Approx(4.0 / 6));
  CHECK(confusion.accuracy(1) == 0.75);
  CHECK(confusion.accuracy(2) == 0);
  CHECK_THROWS_WITH(confusion.add(i64({3}), i64({0})), "class 3 is none of the classifier's 3");
  CHECK_THROWS_WITH(confusion.add(i64({-1}), i64({0})), "class -1 is none of the classifier's 3");
}

TEST_CASE("who tells no classes is refused as a classifier", "[gan][classifier]") {
  Settings settings(find_model("gan").options);
  settings.set("channels", int64_t{1});
  const auto game = find_model("gan").make(settings, Device{});
  CHECK_THROWS_WITH(classifier_in(*game, "runs/x"), "runs/x: its model tells no classes; a classifier does");
  const auto told = trained_on_squares(0);
  CHECK_THROWS_WITH(evaluate_generator(classifier_in(*told, "x"), *game, 4),
                    "the generator makes images of 0 classes, the classifier tells 4");
  CHECK_THROWS_WITH(evaluate(classifier_in(*told, "x"),
                             std::make_shared<ArraySource>("IDX", "x", Tensor::zeros({2, 1, 8, 8}, DType::u8),
                                                           Tensor(), std::vector<std::string>{}),
                             {.size = 8, .channels = 1}),
                    Contains("the data has no labels: "));
}
