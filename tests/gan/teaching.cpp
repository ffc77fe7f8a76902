// Generative teaching: learning that is differentiated, and what learners are taught.
#include <catch2/catch.hpp>

#include "autograd/grad.h"
#include "autograd/gradcheck.h"
#include "autograd/ops.h"
#include "gan/confusion.h"
#include "gan/games/gtn.h"
#include "gan/networks/gtn.h"
#include "nn/modules.h"
#include "nn/optim.h"
#include "nn/substituted.h"
#include "tests/gan/networks.h"
#include "tests/gan/squares.h"
#include "tests/gan/states.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

Variable normal(const Shape& shape, Generator& random, DType dtype = DType::f64) {
  return Variable(random_normal(shape, random, {.dtype = dtype}), true);
}

Tensor numbers(const std::vector<double>& values) {
  return Tensor::from(values, {static_cast<int64_t>(values.size())});
}

/// The smallest that has all the kinds of layers that learners have.
std::shared_ptr<nn::Sequential> tiny_learner() {
  return nn::sequential(nn::conv2d(1, 2, 3, {.stride = 2, .padding = 1, .bias = false}),
                        nn::instance_norm2d(2, {.affine = true}), nn::leaky_relu(0.1), nn::flatten(),
                        nn::linear(8, 3), nn::group_norm(1, 3), nn::linear(3, 2));
}

Settings teaching_settings() {
  Settings settings(find_model("gtn").options);
  for (const auto& [name, value] : {std::pair{"channels", 1},
                                    {"size", 8},
                                    {"classes", 4},
                                    {"nz", 8},
                                    {"ngf", 8},
                                    {"width", 8},
                                    {"inner-steps", 4},
                                    {"inner-batch", 16}})
    settings.set(name, int64_t{value});
  return settings;
}

std::unique_ptr<Game> teaching_game(const Settings& settings) {
  return find_model("gtn").make(settings, Device{});
}

}  // namespace

TEST_CASE("gradients flow through two steps of a learner's own learning", "[gan][teaching]") {
  Generator random(5);
  const auto learner = tiny_learner();
  learner->reset_parameters(random);
  learner->to(DType::f64);
  const Variable images = normal({3, 1, 4, 4}, random), more = normal({3, 1, 4, 4}, random);
  const Variable real = random_normal({4, 1, 4, 4}, random, {.dtype = DType::f64});
  Variables inputs = {images, more, Variable(numbers({0.3, 0.2}), true), Variable(numbers({0.5, 0.7}), true)};
  for (const Variable& w : learner->parameters()) inputs.emplace_back(w.value().clone(), true);
  const auto loss_after = [&](const Variables& in) -> Variables {
    const Variables taught =
        nn::learn_by_sgd(*learner, {in.begin() + 4, in.end()}, in[2], in[3], [&](int64_t t) {
          return cross_entropy((*learner)(in[static_cast<size_t>(t)]), labels({0, 1, 1}));
        });
    const nn::Substituted substituted(*learner, taught);
    return {cross_entropy((*learner)(real), labels({1, 0, 1, 0}))};
  };
  gradcheck(loss_after, inputs);
}

TEST_CASE("steps that are operations are those of the optimiser", "[gan][teaching]") {
  Generator random(6);
  const auto learner = tiny_learner();
  learner->reset_parameters(random);
  learner->to(DType::f64);
  const Tensor x = random_normal({5, 1, 4, 4}, random, {.dtype = DType::f64});
  const auto loss = [&](int64_t) { return cross_entropy((*learner)(x), labels({0, 1, 1, 0, 1})); };
  Variables start;
  for (const Variable& w : learner->parameters()) start.emplace_back(w.value().clone());
  const Variable lr = numbers({0.1, 0.1, 0.1}), momentum = numbers({0.9, 0.9, 0.9});
  const Variables recorded = nn::learn_by_sgd(*learner, start, lr, momentum, loss);
  Variables plain;
  {
    const NoGrad no_grad;
    plain = nn::learn_by_sgd(*learner, start, lr, momentum, loss);
  }
  nn::SGD sgd(learner->named_parameters(), {.lr = 0.1, .momentum = 0.9});
  for (int64_t t = 0; t < 3; ++t) {
    sgd.zero_grad();
    backward(loss(t));
    sgd.step();
  }
  const Variables stepped = learner->parameters();
  for (size_t i = 0; i < stepped.size(); ++i) {
    CHECK(recorded[i].requires_grad());
    CHECK(!plain[i].requires_grad());
    CHECK(same_bytes(recorded[i].value(), plain[i].value()));
    CHECK(sum(abs(stepped[i].detach() - plain[i])).item() < 1e-12);
    CHECK(sum(abs(stepped[i].detach() - start[i])).item() > 1e-6);
  }
  CHECK_THROWS_WITH(nn::learn_by_sgd(*learner, start, lr, numbers({0.9}), loss),
                    Contains("lr [3] and momentum [1] are not of one length"));
}

TEST_CASE("a network computes with other weights for a while", "[nn][teaching]") {
  const auto net = nn::sequential(nn::linear(2, 1, {.bias = false}));
  Generator random(1);
  net->reset_parameters(random);
  const Variable own = net->parameters()[0], factor(Tensor::full({1, 2}, 3), true),
                 x = Tensor::full({1, 2}, 1);
  {
    const nn::Substituted substituted(*net, {factor * 2});
    const Variable y = (*net)(x);
    CHECK(y.item() == 12);
    CHECK(grad({sum(y)}, {factor})[0].value().to_vector<float>() == std::vector<float>{2, 2});
  }
  CHECK(net->parameters()[0].key() == own.key());
  CHECK_THROWS_WITH(nn::Substituted(*net, {}), "module: 0 variables for 1 parameters");
  CHECK_THROWS_AS(nn::Substituted(*net, {x * 2, x}), Error);
  CHECK_THROWS_AS(nn::Substituted(*net, {Tensor::full({2, 1}, 1)}), ShapeError);
  CHECK(net->parameters()[0].key() == own.key());
}

TEST_CASE("teaching networks' layers", "[gan][teaching]") {
  CHECK(layers(*gtn_generator({.size = 28, .channels = 3, .nz = 6, .ngf = 2, .classes = 4})) ==
        Names{"1.weight [32,10]", "1.bias [32]", "2.weight [32]", "2.bias [32]", "4.weight [196,32]",
              "4.bias [196]", "6.weight [4]", "6.bias [4]", "9.weight [2,4,3,3]", "9.bias [2]",
              "10.weight [2]", "10.bias [2]", "13.weight [3,2,3,3]", "13.bias [3]"});
  CHECK(layers(*gtn_learner({.size = 28, .channels = 1, .width = 2, .classes = 5})) ==
        Names{"0.weight [2,1,3,3]", "0.bias [2]", "1.weight [2]", "1.bias [2]", "3.weight [4,2,3,3]",
              "3.bias [4]", "4.weight [4]", "4.bias [4]", "7.weight [8,196]", "7.bias [8]", "8.weight [8]",
              "8.bias [8]", "10.weight [5,8]", "10.bias [5]"});
  CHECK(layers(*gtn_learner({.size = 28, .width = 2, .norm = Normalization::instance})).at(1) ==
        "1.weight [2]");
  CHECK_THROWS_WITH(gtn_generator({.size = 30}), "gtn: size 30 is not a multiple of 4 from 8 to 64");
  CHECK_THROWS_WITH(gtn_learner({.size = 68}), "gtn: size 68 is not a multiple of 4 from 8 to 64");
  CHECK_THROWS_AS(gtn_learner({.norm = Normalization::batch}), UsageError);
}

TEST_CASE("learners that see generated images alone come to tell real ones", "[gan][teaching]") {
  for (const bool curriculum : {true, false}) {
    INFO(curriculum);
    Settings settings = teaching_settings();
    settings.set("curriculum", curriculum);
    const auto game = teaching_game(settings);
    auto& classifier = classifier_in(*game, "game");
    CHECK(classifier.class_count() == 4);
    const double before = evaluate(classifier, squares(60, 7), {.size = 8, .channels = 1}).accuracy();
    for (uint64_t i = 0; i < 120; ++i) game->step({batch_of_squares(32, 100 + i)});
    const NamedTensors state = cloned(game->state());
    const double after = evaluate(classifier, squares(60, 7), {.size = 8, .channels = 1}).accuracy();
    CHECK(before < 0.6);
    CHECK(after > 0.9);
    CHECK(differences(game->state(), state) == no_difference);

    // The learner that tells images is a function of the state.
    const Batch shown = batch_of_squares(6, 3);
    const auto resumed = teaching_game(settings);
    resumed->load_state(state);
    CHECK(same_bytes(classifier.logits(shown.images).value(),
                     classifier_in(*resumed, "resumed").logits(shown.images).value()));
  }
}

TEST_CASE("a learner's logits pass gradients to images and none to the generator", "[gan][teaching]") {
  const auto game = teaching_game(teaching_settings());
  const Variable images(batch_of_squares(3, 1).images, true);
  backward(sum(square(classifier_in(*game, "game").logits(images))));
  CHECK(sum(abs(images.grad())).item() > 0);
  for (const Variable& parameter : game->networks()[0].second->parameters())
    CHECK(!parameter.grad().defined());
}

TEST_CASE("teaching refuses what it cannot teach", "[gan][teaching]") {
  const auto game = teaching_game(teaching_settings());
  const Batch batch = batch_of_squares(3, 1);
  CHECK_THROWS_WITH(game->step({{batch.images, {}}}), "game: a model of classes needs labels");
  CHECK_THROWS_WITH(game->step({batch, batch}), "game: a step takes 1 batch, got 2");
  const auto refused = [](nn::Module* learner, const TeachingOptions& options, const std::string& message) {
    const TeachingNetworks networks{nn::sequential(nn::linear(2, 1)), std::shared_ptr<nn::Module>(learner), 2,
                                    2};
    CHECK_THROWS_WITH(TeachingGame(networks, options, {}), Contains(message));
  };
  refused(new nn::BatchNorm2d(1), {}, "gtn: the learner has buffers");
  refused(new nn::Linear(1, 2), {.steps = 0}, "gtn: learners of 0 steps of 64 images");
  refused(new nn::Linear(1, 2), {.momentum = 1}, "momentum 1");
}
