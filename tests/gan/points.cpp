// Points of the plane: the mixtures, their way to a game, and which modes a generator covers.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "autograd/ops/elementwise.h"
#include "gan/data/loader.h"
#include "gan/games/points.h"
#include "gan/modes.h"
#include "gan/networks/points.h"
#include "gan/run/options.h"
#include "gan/run/sampling.h"
#include "tests/gan/networks.h"
#include "tests/gan/states.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

const std::vector<std::string> models_of_points = {"gan", "lsgan", "wgan", "wgan-gp", "dragan", "sngan"};

const Mixture& grid() {
  return *find_mixture("25-gaussians");
}

Settings settings_for(const std::string& model, const std::string& data = "25-gaussians") {
  Settings settings = run_settings(find_model(model));
  settings.set("data", data);
  return settings;
}

/// What open_data says against the settings.
std::string refusal(Settings settings) {
  try {
    open_data(settings);
  } catch (const UsageError& e) {
    return e.what();
  }
  return "";
}

/// A game of narrow networks on small batches of points.
std::unique_ptr<Game> tiny_game(const std::string& model, Device device, uint64_t seed = 0) {
  Settings settings = settings_for(model);
  settings.set("hidden", int64_t{8});
  settings.set("steps", int64_t{9});
  settings.set("seed", static_cast<int64_t>(seed));
  open_data(settings);
  return find_model(model).make(settings, device);
}

Scalars train(Game& game, int from, int to) {
  Scalars last;
  for (int step = from; step < to; ++step) {
    const Tensor points = points_of(grid(), 4 * (step + 1) * game.batches_per_step());
    std::vector<Batch> batches;
    for (int64_t i = 0; i < game.batches_per_step(); ++i)
      batches.push_back({Tensor::from(std::span(points.data<float>() + 8 * i, 8), {4, 2, 1, 1}), {}});
    last = game.step(batches);
  }
  return last;
}

}  // namespace

TEST_CASE("the mixtures have their centres and widths", "[data][points]") {
  const Mixture &rows = grid(), &ring = *find_mixture("8-gaussians");
  CHECK(rows.centres.size() == 25);
  CHECK(ring.centres.size() == 8);
  // Neighbours are 2 apart and 0.05 wide; the circle's radius is 2, its modes 0.02 wide.
  CHECK((rows.centres[1][0] - rows.centres[0][0]) / rows.deviation == Approx(40));
  for (const auto& [x, y] : ring.centres) CHECK(std::hypot(x, y) / ring.deviation == Approx(100));
  for (const Mixture& mixture : mixtures()) {
    INFO(mixture.name);
    double squares[2] = {0, 0};
    for (const auto& centre : mixture.centres)
      for (size_t k : {0, 1}) squares[k] += centre[k] * centre[k];
    for (const double sum : squares) CHECK(sum / static_cast<double>(mixture.centres.size()) == Approx(1));
  }
  CHECK(find_mixture("25-gaussians, 100000 points of the plane, 25 classes") == &rows);
  CHECK(find_mixture("25-gaussian") == nullptr);
  CHECK(find_mixture("shapes, 50000 images") == nullptr);
}

TEST_CASE("points are normal about the modes, a function of seed and number", "[data][points]") {
  const auto a = open_source("25-gaussians", 3), b = open_source("25-gaussians", 4);
  CHECK(a->description() == "25-gaussians, 100000 points of the plane, 25 classes");
  CHECK(a->has_points());
  CHECK(a->classes().size() == 25);
  CHECK(a->name(7) == "25-gaussians, point 7");
  double squares = 0, product = 0, within = 0;
  constexpr int64_t count = 20000;
  for (int64_t i = 0; i < count; ++i) {
    const Example example = a->load(i);
    REQUIRE(example.pixels.shape() == Shape{2});
    REQUIRE(example.label == i % 25);
    const auto& centre = grid().centres[static_cast<size_t>(example.label)];
    const auto* p = example.pixels.data<float>();
    const double x = (p[0] - centre[0]) / grid().deviation, y = (p[1] - centre[1]) / grid().deviation;
    squares += x * x + y * y;
    product += x * y;
    within += std::hypot(x, y) <= 1;
  }
  CHECK(squares / (2 * count) == Approx(1).margin(0.03));
  CHECK(product / count == Approx(0).margin(0.03));
  CHECK(within / count == Approx(1 - std::exp(-0.5)).margin(0.01));
  CHECK(a->load(5).pixels.to_vector<float>() != b->load(5).pixels.to_vector<float>());
  CHECK(a->load(5).pixels.to_vector<float>() ==
        open_source("25-gaussians", 3)->load(5).pixels.to_vector<float>());
  CHECK(is_built_in_source("8-gaussians"));
  CHECK(!is_built_in_source("8-gaussians, and more"));
}

TEST_CASE("batches of points are the points", "[data][points]") {
  const std::shared_ptr<const Source> source = open_source("8-gaussians");
  Loader loader(source, {.batch = 5, .size = 1, .channels = 2, .shuffle = false});
  const Batch batch = loader.next();
  REQUIRE(batch.images.shape() == Shape{5, 2, 1, 1});
  for (int64_t i = 0; i < 5; ++i) {
    CHECK(batch.labels.data<int64_t>()[i] == i);
    for (int64_t k : {0, 1})
      CHECK(batch.images.data<float>()[2 * i + k] == source->load(i).pixels.data<float>()[k]);
  }
  CHECK(std::memcmp(points_of(*find_mixture("8-gaussians"), 5).raw(), batch.images.raw(),
                    batch.images.nbytes()) == 0);
  CHECK_THROWS_WITH(Loader(source, {.size = 1, .channels = 1}),
                    "channels 1, size 1: points have channels 2, size 1, and are not flipped");
  CHECK_THROWS_WITH(Loader(source, {.size = 1, .channels = 2, .flip = true}),
                    "channels 2, size 1, flipped: points have channels 2, size 1, and are not flipped");
  CHECK_THROWS_WITH(Loader(open_source("shapes"), {.channels = 2}), "channels 2 is neither 1 nor 3");
}

TEST_CASE("data of points settle the options", "[run][points]") {
  Settings settings = settings_for("wgan-gp");
  settings.set("batch", int64_t{100});
  open_data(settings);
  CHECK(settings.integer("channels") == 2);
  CHECK(settings.integer("size") == 1);
  CHECK(settings.integer("batch") == 100);
  CHECK(settings.integer("nz") == 2);
  CHECK(settings.text("lr-schedule") == "linear");
  Settings again = settings_for("wgan-gp");
  again.read_toml(settings.to_toml(), "config.toml");
  open_data(again);
  CHECK(again.to_toml() == settings.to_toml());

  CHECK(refusal(settings_for("dcgan")) ==
        "dcgan learns images, and the data has none: 25-gaussians, 100000 points of the plane, 25 classes");
  Settings colour = settings_for("gan");
  colour.set("channels", int64_t{3});
  CHECK_THAT(refusal(colour), Contains("option 'channels': 3 is for images, and the data is points"));
  Settings flipped = settings_for("gan");
  flipped.set("flip", true);
  CHECK(refusal(flipped) == "option 'flip': points are not mirrored");
  Settings shapes = settings_for("gan", "shapes");
  shapes.set("channels", int64_t{2});
  CHECK_THAT(refusal(shapes), Contains("option 'channels': 2 is for points, and the data is images"));
}

TEST_CASE("networks for points", "[gan][points]") {
  const auto generator = point_generator({.nz = 3, .hidden = 5});
  CHECK(layers(*generator) == Names{"0.weight [5,3]", "0.bias [5]", "2.weight [5,5]", "2.bias [5]",
                                    "4.weight [5,5]", "4.bias [5]", "6.weight [2,5]", "6.bias [2]"});
  const auto discriminator = point_discriminator({.hidden = 5});
  CHECK(layers(*discriminator) == Names{"1.weight [5,2]", "1.bias [5]", "3.weight [5,5]", "3.bias [5]",
                                        "5.weight [5,5]", "5.bias [5]", "7.weight [1,5]", "7.bias [1]"});
  Generator random(1);
  generator->reset_parameters(random);
  discriminator->reset_parameters(random);
  const Variable points = (*generator)(noise({4, 3}));
  CHECK(points.shape() == Shape{4, 2, 1, 1});
  CHECK((*discriminator)(points).shape() == Shape{4});
  CHECK_THROWS_AS(point_generator({.nz = 0}), UsageError);
  // A steep one says of points what the plain one says of points further out.
  const auto steep = point_discriminator({.hidden = 5, .steepness = 10});
  for (size_t i = 0; i < steep->parameters().size(); ++i)
    steep->parameters()[i].set_value(discriminator->parameters()[i].value());
  CHECK((*steep)(points).value().to_vector<float>() ==
        (*discriminator)(points * 10.0).value().to_vector<float>());
}

TEST_CASE("models train on points and go on to the same bit", "[gan][points]") {
  for (const std::string& model : models_of_points) {
    INFO(model);
    const auto straight = tiny_game(model, {}), resumed = tiny_game(model, {}, 9);
    train(*straight, 0, 2);
    resumed->load_state(cloned(straight->state()));
    const Scalars last = train(*straight, 2, 4);
    for (const auto& [name, value] : last) CHECK(std::isfinite(value));
    CHECK(train(*resumed, 2, 4) == last);
    CHECK(differences(*straight, *resumed) == no_difference);
    CHECK(straight->generate(straight->latents({1, 2, 3})).shape() == Shape{3, 2, 1, 1});
  }
}

TEST_CASE("models train on points on the device", "[gan][points][emulated]") {
  for (const std::string& model : models_of_points) {
    INFO(model);
    const auto game = tiny_game(model, Device{DeviceType::emulated}), host = tiny_game(model, {});
    const Scalars numbers = train(*game, 0, 4), expected = train(*host, 0, 4);
    for (size_t i = 0; i < numbers.size(); ++i) {
      INFO(numbers[i].first);
      CHECK(numbers[i].second == Approx(expected[i].second).epsilon(1e-4).margin(1e-5));
    }
  }
}

TEST_CASE("which modes points cover", "[gan][points]") {
  const Mixture& mixture = grid();
  std::vector<float> p;
  const auto add = [&](size_t mode, double away, int times) {
    for (int i = 0; i < times; ++i) {
      p.push_back(static_cast<float>(mixture.centres[mode][0] + away * mixture.deviation));
      p.push_back(static_cast<float>(mixture.centres[mode][1]));
    }
  };
  add(0, 2.9, 30);
  add(7, -2.9, 1);   // one of 250 is a tenth of an even share
  add(8, 3.1, 100);  // too far away
  add(24, 0, 119);
  const ModeCoverage coverage = mode_coverage(mixture, Tensor::from(p, {250, 2, 1, 1}));
  CHECK(coverage.samples == 250);
  CHECK(coverage.counts[0] == 30);
  CHECK(coverage.counts[7] == 1);
  CHECK(coverage.counts[8] == 0);
  CHECK(coverage.counts[24] == 119);
  CHECK(coverage.covered() == 3);
  CHECK(coverage.quality() == Approx(0.6));
  CHECK(describe(coverage) == "3 of 25 modes, 60.0 % within 3 sigma");
  add(9, 0, 10);
  CHECK(mode_coverage(mixture, Tensor::from(p, {260, 2, 1, 1})).covered() == 3);  // mode 7 no longer

  const ModeCoverage real = mode_coverage(mixture, points_of(mixture, 5000));
  CHECK(real.covered() == 25);
  CHECK(real.quality() == Approx(1 - std::exp(-4.5)).margin(0.005));
  CHECK_THROWS_WITH(mode_coverage(mixture, Tensor::zeros({3, 1, 2, 1})),
                    "modes: needs f32 points [N,2,1,1], got f32[3,1,2,1]");
}

TEST_CASE("samples are written as a grid or as a plot", "[run][points]") {
  CHECK(picture_of(Tensor::zeros({4, 1, 8, 8}), 2, "shapes").shape() == Shape{18, 18, 1});
  CHECK(picture_of(points_of(grid(), 10), 8, "25-gaussians, of whatever size").shape() == Shape{640, 640, 3});
  CHECK_THROWS_WITH(picture_of(points_of(grid(), 10), 8, "spirals, 3 points"),
                    "points of spirals, 3 points, which is no mixture that is built in");
}
