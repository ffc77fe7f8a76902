// Domain-adversarial training: which gradient goes where, and what it is good for.
#include "gan/games/dann.h"

#include <cmath>

#include "autograd/ops.h"
#include "gan/data/mixed.h"
#include "gan/run/options.h"
#include "tests/gan/squares.h"
#include "tests/gan/states.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

DannOptions tiny(double lambda, int64_t lambda_end = 1) {
  return {.network = {.size = 8, .channels = 1, .width = 8, .classes = 4},
          .domain_width = 16,
          .lambda = lambda,
          .lambda_end = lambda_end,
          .learning = {.lr = nn::constant_schedule(2e-3)}};
}

/// Squares without labels, of half the contrast.
Batch pale_squares(int64_t count, uint64_t seed) {
  const Batch bold = batch_of_squares(count, seed);
  return {(Variable(bold.images) * 0.5 + 0.4).value(), Tensor::full({count}, -1, DType::i64)};
}

/// As many squares of either kind.
Batch both_kinds(int64_t count, uint64_t seed) {
  const Batch bold = batch_of_squares(count, seed), pale = pale_squares(count, seed + 1000);
  return {concat({bold.images, pale.images}, 0).value(), concat({bold.labels, pale.labels}, 0).value()};
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
    const Batch pale = pale_squares(8, 1);
    game.step({pale});  // lambda is 0 in a first step
    const NamedTensors before = cloned(game.state());
    const Scalars scalars = game.step({pale});
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
  const Batch batch = pale_squares(16, 1);
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
    DannOptions options = tiny(adapts, 40);
    options.learning.seed = 2;
    DannGame game(options, Device{});
    double sum = 0;
    for (uint64_t step = 0; step < 120; ++step) {
      const Scalars scalars = game.step({both_kinds(16, 2 * step)});
      if (step >= 90) sum += value_of(scalars, "accuracy_domain") / 30;
    }
    told[adapts] = sum;
    const Tensor taken_for = classify(game, pale_squares(40, 7777).images);
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
