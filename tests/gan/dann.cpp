// Domain-adversarial training: which gradient goes where, and what it is good for.
#include "gan/games/dann.h"

#include <cmath>

#include "autograd/ops.h"
#include "gan/data/mixed.h"
#include "gan/run/options.h"
#include "tests/gan/networks.h"
#include "tests/gan/squares.h"
#include "tests/gan/states.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

DannOptions tiny(double lambda, int64_t lambda_end = 1) {
  return {.network = {.size = 16, .channels = 1, .width = 8, .hidden = 16, .domain_hidden = 16, .classes = 4},
          .lambda = lambda,
          .lambda_end = lambda_end,
          .learning = {.lr = nn::constant_schedule(2e-3)}};
}

/// Squares of half the contrast, without labels: the target.
Batch plain_squares(int64_t count, uint64_t seed) {
  return {(Variable(batch_of_squares(count, seed, 16).images) * 0.5).value(),
          Tensor::full({count}, -1, DType::i64)};
}

/// The source: such squares under a chequered pattern, whose strength says the class as well.
Batch marked_squares(int64_t count, uint64_t seed) {
  const Batch squares = batch_of_squares(count, seed, 16);
  Tensor pattern = Tensor::empty({1, 1, 16, 16});
  for (int64_t i = 0; i < 256; ++i) pattern.data<float>()[i] = (i / 16 + i) % 2 == 0 ? -0.2F : 0.2F;
  const Variable strength = reshape(cast(squares.labels, DType::f32) + 1, {count, 1, 1, 1});
  return {(Variable(squares.images) * 0.5 + Variable(pattern) * strength).value(), squares.labels};
}

/// As many squares of either kind.
Batch both_kinds(int64_t count, uint64_t seed) {
  const Batch marked = marked_squares(count, seed), plain = plain_squares(count, seed + 1000);
  return {concat({marked.images, plain.images}, 0).value(), concat({marked.labels, plain.labels}, 0).value()};
}

/// `base`, with `from`'s tensors of the network.
NamedTensors with_network(const NamedTensors& base, const NamedTensors& from, const std::string& network) {
  NamedTensors all = base;
  for (size_t i = 0; i < all.size(); ++i)
    if (all[i].first.starts_with(network)) all[i].second = from[i].second;
  return all;
}

/// The domain classifier's loss with this state.
double domain_loss(DannGame& game, const NamedTensors& state, const Batch& batch) {
  game.load_state(state);
  return value_of(game.step({batch}), "loss_domain");
}

}  // namespace

TEST_CASE("DANN's layers", "[gan][dann]") {
  const DannNetworkOptions options{.channels = 3};
  CHECK(layers(*dann_features(options)) ==
        Names{"0.weight [32,3,5,5]", "0.bias [32]", "3.weight [48,32,5,5]", "3.bias [48]"});
  CHECK(layers(*dann_classes(options)) == Names{"0.weight [100,768]", "0.bias [100]", "2.weight [100,100]",
                                                "2.bias [100]", "4.weight [10,100]", "4.bias [10]"});
  CHECK(layers(*dann_domain(options)) ==
        Names{"0.weight [100,768]", "0.bias [100]", "2.weight [1,100]", "2.bias [1]"});

  const DannNetworkOptions small{.size = 20, .width = 3, .hidden = 4, .domain_hidden = 2, .classes = 6};
  Generator random(1);
  const Variable features = (*dann_features(small))(random_normal({2, 1, 20, 20}, random));
  CHECK(features.shape() == Shape{2, 20});
  CHECK((*dann_classes(small))(features).shape() == Shape{2, 6});
  CHECK((*dann_domain(small))(features).shape() == Shape{2});
  for (const int64_t size : {12, 30, 68})
    CHECK_THROWS_WITH(dann_features({.size = size}), Contains("is not a multiple of 4 from 16 to 64"));
  CHECK_THROWS_WITH(dann_domain({.classes = 0}), Contains("0 classes"));
}

TEST_CASE("adaptation begins with nothing and ends with all but nothing missing", "[gan][dann]") {
  CHECK(adaptation(0) == 0);
  CHECK(adaptation(0.25) == Approx(std::tanh(1.25)));
  CHECK(adaptation(1) == Approx(0.9999092));
  CHECK(adaptation(7) == adaptation(1));
  DannGame game(tiny(3, 4), Device{});
  for (const double p : {0.0, 0.25, 0.5, 0.75, 1.0, 1.0})
    CHECK(value_of(game.step({both_kinds(4, 1)}), "lambda") == 3 * adaptation(p));
}

TEST_CASE("images without labels teach no classes, and features only where lambda is not 0", "[gan][dann]") {
  for (const double lambda : {0.0, 1.0}) {
    INFO(lambda);
    DannGame game(tiny(lambda), Device{});
    const Batch plain = plain_squares(8, 1);
    game.step({plain});  // lambda is 0 in a first step
    const NamedTensors before = cloned(game.state());
    const Scalars scalars = game.step({plain});
    CHECK(value_of(scalars, "loss") == 0);
    CHECK(value_of(scalars, "accuracy") == 0);
    bool features = false, domain = false;
    for (const std::string& name : differences(before, game.state())) {
      CHECK_FALSE(name.starts_with("classes."));
      features = features || name == "features.0.weight";
      domain = domain || name == "domain.0.weight";
    }
    CHECK(features == (lambda > 0));
    CHECK(domain);
  }
}

TEST_CASE("features ascend what the domain classifier descends", "[gan][dann]") {
  DannGame game(tiny(1), Device{});
  const Batch batch = plain_squares(16, 1);
  game.step({batch});
  const NamedTensors before = cloned(game.state());
  game.step({batch});
  const NamedTensors after = cloned(game.state());
  const double loss = domain_loss(game, before, batch);
  CHECK(domain_loss(game, with_network(before, after, "features."), batch) > loss);
  CHECK(domain_loss(game, with_network(before, after, "domain."), batch) < loss);
}

TEST_CASE("adapted features tell the target's classes and hide the domain", "[gan][dann]") {
  double told[2];
  int64_t right[2] = {0, 0};
  for (const bool adapts : {false, true}) {
    DannOptions options = tiny(adapts, 100);
    options.learning.seed = 1;
    DannGame game(options, Device{});
    double sum = 0;
    for (uint64_t step = 0; step < 200; ++step) {
      const Scalars scalars = game.step({both_kinds(16, 2 * step)});
      if (step >= 170) sum += value_of(scalars, "accuracy_domain") / 30;
    }
    told[adapts] = sum;
    const Tensor taken_for = classify(game, plain_squares(40, 7777).images);
    for (int64_t i = 0; i < 40; ++i) right[adapts] += taken_for.data<int64_t>()[i] == i % 4;
  }
  INFO("domains told: " << told[0] << " without, " << told[1] << " with adaptation");
  CHECK(told[0] > 0.95);
  CHECK(told[1] < 0.75);
  INFO("of 40 images of the target are known: " << right[0] << " without, " << right[1]);
  CHECK(right[0] < 30);
  CHECK(right[1] >= 36);
}

TEST_CASE("a dann game refuses what makes no sense", "[gan][dann]") {
  CHECK_THROWS_WITH(DannGame(tiny(1, 0), Device{}), "dann: adaptation over 0 steps");
  DannGame game(tiny(1), Device{});
  const Batch batch = both_kinds(2, 1);
  CHECK_THROWS_WITH(game.step({{batch.images, {}}}), "game: a model of classes needs labels");
  CHECK_THROWS_WITH(game.step({batch, batch}), "game: a step takes 1 batch, got 2");
  CHECK_THROWS_WITH(game.generate({}), "generate: a classifier makes no images");
  CHECK(!game.generates());
}

TEST_CASE("replays of a dann step take the lambda of each", "[gan][dann][emulated]") {
  constexpr Device emulated{DeviceType::emulated};
  DannOptions options = tiny(1, 6);
  options.network.width = 2;
  DannGame captured(options, emulated);
  options.learning.graph = false;
  DannGame plain(options, emulated);
  for (uint64_t step = 0; step < 5; ++step)
    CHECK(plain.step({both_kinds(2, step)}) == captured.step({both_kinds(2, step)}));
  CHECK(differences(plain, captured) == no_difference);
}

TEST_CASE("a target's images make up half of the data, without labels", "[gan][dann]") {
  Settings settings = run_settings(find_model("dann"));
  settings.set("data", std::string("shapes"));
  CHECK_THROWS_WITH(open_data(settings), Contains("option 'target' names where they come from"));
  settings.set("target", std::string("8-gaussians"));
  CHECK_THROWS_WITH(open_data(settings), Contains("option 'target': dann learns images"));
  settings.set("target", std::string("shapes"));
  const std::shared_ptr<const Source> source = open_data(settings);
  REQUIRE(source->size() == 100000);
  CHECK(source->classes().size() == 8);
  CHECK(settings.integer("classes") == 8);
  CHECK(source->label(49999) == 49999 % 8);
  CHECK(source->label(50000) == -1);
  CHECK(source->load(50000).label == -1);
}
