// Control of latents: ways, sums, truncation, directions of a classifier and what else moved.
#include <algorithm>
#include <cmath>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "gan/control/arithmetic.h"
#include "gan/control/interpolation.h"
#include "gan/control/movement.h"
#include "gan/control/truncation.h"
#include "gan/games/adversarial.h"
#include "gan/games/infogan.h"
#include "nn/modules.h"
#include "tests/gan/squares.h"
#include "tests/gan/states.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

std::vector<float> product(const Tensor& a, double factor) {
  auto numbers = a.to_vector<float>();
  for (float& x : numbers) x = static_cast<float>(x * factor);
  return numbers;
}

double length(const Tensor& a) {
  return std::sqrt(sum(square(a)).item());
}

/// A game that is not trained, of images that the squares' classifier takes.
std::unique_ptr<AdversarialGame> untrained(double ema = 0, int64_t classes = 0) {
  const AdversarialNetworks networks{
      .generator =
          [=] {
            return nn::sequential(nn::flatten(), nn::linear(6, 64), nn::tanh(), nn::linear(64, 64),
                                  nn::tanh(), nn::unflatten({1, 8, 8}));
          },
      .discriminator = [] { return nn::sequential(nn::flatten(), nn::linear(64, 1), nn::flatten(0)); },
      .init =
          [](nn::Module& network, Generator& random) {
            network.reset_parameters(random);
            for (const Variable& weight : network.parameters()) {
              Tensor w = weight.value();
              for (int64_t i = 0; i < w.numel(); ++i) w.data<float>()[i] *= 2;
            }
          },
      .latent = {6, 1, 1},
      .classes = classes};
  return std::make_unique<AdversarialGame>(networks, AdversarialOptions{.ema = ema, .seed = 3});
}

std::unique_ptr<Game> tiny(const std::string& model,
                           const std::vector<std::pair<std::string, int64_t>>& own) {
  Settings settings(find_model(model).options);
  settings.set("channels", int64_t{1});
  settings.set("size", int64_t{16});
  for (const auto& [name, value] : own) settings.set(name, value);
  return find_model(model).make(settings, Device{});
}

}  // namespace

TEST_CASE("ways between latents", "[gan][control]") {
  const Tensor a = Tensor::from(std::vector<float>{3, 0}, {2}),
               b = Tensor::from(std::vector<float>{0, 3}, {2});
  CHECK(interpolate(a, b, 3, Path::linear).to_vector<float>() == std::vector<float>{3, 0, 1.5f, 1.5f, 0, 3});
  const auto round = interpolate(a, b, 4, Path::spherical).to_vector<float>();
  for (size_t frame = 0; frame < 4; ++frame) {
    const double angle = static_cast<double>(frame) * std::acos(0.0) / 3;
    CHECK(round[2 * frame] == Approx(3 * std::cos(angle)).margin(1e-6));
    CHECK(round[2 * frame + 1] == Approx(3 * std::sin(angle)).margin(1e-6));
  }
  CHECK(interpolate(a, a, 2, Path::spherical).to_vector<float>() == std::vector<float>{3, 0, 3, 0});
  CHECK(interpolate(Tensor::zeros({1}), Tensor::full({1}, 2), 3, Path::spherical).to_vector<float>() ==
        std::vector<float>{0, 1, 2});
  CHECK(interpolate(Tensor::zeros({2, 1, 1}), Tensor::zeros({2, 1, 1}), 5, Path::linear).shape() ==
        Shape{5, 2, 1, 1});
  CHECK_THROWS_WITH(interpolate(a, Tensor::zeros({3}), 2, Path::linear), Contains("[2]") && Contains("[3]"));
  CHECK_THROWS_AS(interpolate(a, b, 1, Path::linear), UsageError);
}

TEST_CASE("the great circle has the ends' length all along and holds them to the bit", "[gan][control]") {
  Generator random(4);
  const Tensor a = random_normal({50}, random), longer = random_normal({50}, random);
  const Tensor b = Tensor::from(product(longer, length(a) / length(longer)), {50});
  const auto way = interpolate(a, b, 9, Path::spherical).to_vector<float>();
  CHECK(std::vector(way.begin(), way.begin() + 50) == a.to_vector<float>());
  const std::vector last(way.end() - 50, way.end());
  for (size_t i = 0; i < 50; ++i) CHECK(last[i] == Approx(b.data<float>()[i]).margin(1e-6));
  for (size_t frame = 0; frame < 9; ++frame)
    CHECK(length(Tensor::from(std::span(way).subspan(50 * frame, 50), {50})) == Approx(length(a)));
  // The straight way runs through a shorter middle.
  const auto straight = interpolate(a, b, 9, Path::linear).to_vector<float>();
  CHECK(length(Tensor::from(std::span(straight).subspan(200, 50), {50})) < 0.9 * length(a));
}

TEST_CASE("latents are added and subtracted by their means", "[gan][control]") {
  const auto of = [](std::vector<float> v) {
    return Tensor::from(v, {static_cast<int64_t>(v.size()) / 2, 2, 1});
  };
  const Tensor a = of({1, 2, 3, 6}), b = of({1, 1}), c = of({0, 3, 0, 6, 3, 0});
  CHECK(mean_latent(a).to_vector<float>() == std::vector<float>{2, 4});
  const Tensor result = latent_arithmetic(a, b, c);
  CHECK(result.shape() == Shape{1, 2, 1});
  CHECK(result.to_vector<float>() == std::vector<float>{2, 6});
  CHECK_THROWS_WITH(latent_arithmetic(a, b, Tensor::zeros({1, 3, 1})),
                    Contains("[2,2,1], [1,2,1] and [1,3,1]"));

  const Tensor near = neighbours(result, 40, 0.25, 1);
  REQUIRE(near.shape() == Shape{40, 2, 1});
  const Variable apart = abs(near - Variable(result));
  CHECK(amax(apart).item() <= 0.25 + 1e-6);
  CHECK(amax(apart).item() > 0.2);
  CHECK(same_bytes(near, neighbours(result, 40, 0.25, 1)));
  CHECK(!same_bytes(near, neighbours(result, 40, 0.25, 2)));
  CHECK_THROWS_AS(neighbours(result, 0, 0.25, 1), UsageError);
}

TEST_CASE("truncated latents lie within the bound and change only where they must", "[gan][control]") {
  const auto game = tiny("dcgan", {{"nz", 200}, {"ngf", 4}, {"ndf", 4}});
  const std::vector<uint64_t> seeds = {5, 0, 9};
  const Tensor whole = game->latents(seeds);
  const Tensor wide = truncated_latents(*game, seeds, 1), narrow = truncated_latents(*game, seeds, 0.3);
  REQUIRE(wide.shape() == whole.shape());
  int64_t kept_wide = 0, kept_narrow = 0;
  for (int64_t i = 0; i < whole.numel(); ++i) {
    const float w = whole.data<float>()[i], t = wide.data<float>()[i], n = narrow.data<float>()[i];
    REQUIRE(std::abs(t) <= 1);
    REQUIRE(std::abs(n) <= 0.3f);
    if (std::abs(w) <= 1) CHECK(t == w);
    if (std::abs(t) <= 0.3f) CHECK(n == t);
    kept_wide += std::abs(w) <= 1;
    kept_narrow += n == t;
  }
  // 68.3 % of a normal distribution lie within 1, and 34.5 % of those within 0.3; here of 600 numbers.
  CHECK(static_cast<double>(kept_wide) / 600 == Approx(0.683).margin(0.08));
  CHECK(static_cast<double>(kept_narrow) / 600 == Approx(0.345).margin(0.08));
  // The deviation of a normal distribution cut at 1 is 0.5396, and the mean stays.
  CHECK(std::sqrt(mean(square(wide)).item()) == Approx(0.5396).margin(0.04));
  CHECK(mean(wide).item() == Approx(0).margin(0.08));

  CHECK(same_bytes(wide, truncated_latents(*game, seeds, 1)));
  CHECK(same_bytes(truncated_latents(*game, {9}, 1), slice(wide, 0, 2, 3).value()));
  CHECK(same_bytes(truncated_latents(*game, seeds, 100), whole));
  for (const double bad : {0.0, -1.0, 0.001, std::nan("")})
    CHECK_THROWS_WITH(truncated_latents(*game, seeds, bad), Contains("is below 0.01"));
}

TEST_CASE("truncation leaves codes as they are", "[gan][control]") {
  const auto game =
      tiny("infogan", {{"nz", 8}, {"ngf", 4}, {"ndf", 4}, {"categories", 3}, {"continuous", 2}});
  REQUIRE(game->normal_numbers() == 8);
  const Tensor whole = slice(game->latents({4}), 1, 8, 13).value();
  CHECK(same_bytes(slice(truncated_latents(*game, {4}, 0.05), 1, 8, 13).value(), whole));
}

TEST_CASE("images with gradients are those that are generated", "[gan][control]") {
  for (const char* model : {"dcgan", "infogan", "vae"}) {
    INFO(model);
    const auto game = tiny(model, {{"ngf", 4}, {model == std::string("vae") ? "nef" : "ndf", 4}});
    const Tensor latents = game->latents({1, 2});
    const Tensor labels = game->classes() > 0 ? Tensor::from(std::vector<int64_t>{2, 0}, {2}) : Tensor();
    const NamedTensors before = cloned(game->state());
    const Variable z(latents, true);
    const Variable images = game->images_from(z, labels);
    const Tensor generated = game->generate(latents, labels);
    CHECK(amax(abs(images - Variable(generated))).item() < 1e-6);
    const Tensor slope = grad({sum(square(images))}, {z})[0].value();
    CHECK(amax(abs(Variable(slope))).item() > 0);
    CHECK(differences(before, cloned(game->state())) == no_difference);
    for (const auto& [name, network] : game->networks())
      for (const Variable& parameter : network->parameters()) CHECK(parameter.requires_grad());
    // A category is the label's to say.
    if (game->classes() > 0)
      CHECK(amax(abs(slice(slope, 1, game->normal_numbers(), game->normal_numbers() + 10))).item() == 0);
    CHECK_THROWS_AS(game->images_from(Tensor::zeros({2, 3}), labels), ShapeError);
  }
  const auto averaged = untrained(0.5);
  averaged->images_from(averaged->latents({1}));
  CHECK(!averaged->networks()[2].second->parameters()[0].requires_grad());
  CHECK_THROWS_WITH(trained_on_squares(0)->images_from(Tensor::zeros({1, 1})),
                    "images_from: the game makes no images");
  CHECK_THROWS_AS(tiny("dae", {{"ngf", 4}, {"nef", 4}})->images_from(Tensor::zeros({1, 100, 1, 1})),
                  UsageError);
}

TEST_CASE("latents follow a class's logit up, on their sphere", "[gan][control]") {
  const auto generator = untrained();
  const auto classifier = trained_on_squares(60);
  const Tensor latents = generator->latents(seeds_from(0, 40));
  const DirectionOptions options{.feature = 2, .hold = {}, .angle = 0.05, .steps = 6};
  const Journey journey = follow_direction(*generator, *classifier, latents, {}, options);
  REQUIRE(journey.steps() == 6);
  REQUIRE(journey.logits.size() == 7);
  CHECK(same_bytes(journey.latents[0], latents));

  const auto row = [](const Tensor& all, int64_t i) { return slice(all, 0, i, i + 1).value(); };
  const auto logit = [&](size_t step, int64_t i) { return journey.logits[step].data<float>()[i * 4 + 2]; };
  int64_t up = 0;
  for (int64_t i = 0; i < 40; ++i)
    for (size_t step = 0; step < 6; ++step) {
      const Tensor here = row(journey.latents[step], i), there = row(journey.latents[step + 1], i);
      CHECK(length(there) == Approx(length(here)));
      const double cosine = sum(here * Variable(there)).item() / (length(here) * length(there));
      CHECK(std::acos(cosine) == Approx(0.05).epsilon(0.02));
      up += logit(step + 1, i) > logit(step, i);
    }
  CHECK(up >= 228);  // of 240: a step may go past a summit

  // The logits are those of the images, and each latent's way is its own.
  const Tensor told = classifier->logits(generator->generate(journey.latents[6])).value();
  CHECK(amax(abs(told - Variable(journey.logits[6]))).item() < 1e-4);
  const Journey alone = follow_direction(*generator, *classifier, row(latents, 37), {}, options);
  CHECK(amax(abs(alone.latents[6] - Variable(row(journey.latents[6], 37)))).item() < 1e-4);
}

TEST_CASE("a small step along the direction gains what the slope promises", "[gan][control]") {
  const auto generator = untrained();
  const auto classifier = trained_on_squares(60);
  const Tensor start = generator->latents({7});
  const Variable z(start, true);
  const Variable logits = classifier->logits(generator->images_from(z));
  const Variable slope = grad({sum(slice(logits, 1, 1, 2))}, {z})[0];
  // The slope without its part along the latent, which the sphere does not have.
  const double along = sum(slope * z).item() / length(start);
  const double steepest = std::sqrt(sum(square(slope)).item() - along * along);

  const double angle = 1e-3;
  const Journey journey =
      follow_direction(*generator, *classifier, start, {}, {.feature = 1, .angle = angle, .steps = 1});
  const double gained = double{journey.logits[1].data<float>()[1]} - journey.logits[0].data<float>()[1];
  CHECK(gained == Approx(steepest * angle * length(start)).epsilon(0.05));
}

TEST_CASE("held classes move less, and the target still moves", "[gan][control]") {
  const auto generator = untrained();
  const auto classifier = trained_on_squares(60);
  const Tensor latents = generator->latents(seeds_from(0, 24));
  DirectionOptions options{.feature = 0, .hold = {}, .angle = 0.02, .steps = 8};
  const auto moved_by = [&](int64_t one, const Journey& journey) {
    double sum = 0;
    for (int64_t i = 0; i < 24; ++i)
      sum += std::abs(double{journey.logits[8].data<float>()[i * 4 + one]} -
                      journey.logits[0].data<float>()[i * 4 + one]);
    return sum / 24;
  };
  const Journey free = follow_direction(*generator, *classifier, latents, {}, options);
  options.hold = {1, 3, 3};
  const Journey held = follow_direction(*generator, *classifier, latents, {}, options);
  for (const int64_t one : {1, 3}) CHECK(moved_by(one, held) < 0.2 * moved_by(one, free));
  const std::vector<Movement> of_free = movements(free, 0), of_held = movements(held, 0);
  CHECK(of_held[0].logit.change > 0);
  CHECK(of_held[0].logit.change < of_free[0].logit.change);
  CHECK(of_free[0].logit.correlation == Approx(1));
}

TEST_CASE("directions that make no sense are refused", "[gan][control]") {
  const auto generator = untrained();
  const auto classifier = trained_on_squares(0);
  const auto follow = [&](const DirectionOptions& options) {
    return follow_direction(*generator, *classifier, generator->latents({0}), {}, options);
  };
  CHECK_THROWS_WITH(follow({.feature = 4}), "direction: class 4: the classifier knows 4, from 0 on");
  CHECK_THROWS_WITH(follow({.hold = {-1}}), "direction: class -1: the classifier knows 4, from 0 on");
  CHECK_THROWS_WITH(follow({.feature = 2, .hold = {1, 2}}), "direction: class 2 is to rise and is held too");
  CHECK_THROWS_WITH(follow({.hold = {1, 2, 3, 1, 2}}), Contains("have nowhere to go"));
  CHECK_THROWS_AS(follow({.angle = 0}), UsageError);
  CHECK_THROWS_AS(follow({.angle = 2}), UsageError);
  CHECK_THROWS_AS(follow({.steps = 0}), UsageError);
}

TEST_CASE("latents from which no way leads up stay", "[gan][control]") {
  const auto generator = untrained();
  const auto classifier = trained_on_squares(3);
  const Journey journey =
      follow_direction(*generator, *classifier, Tensor::zeros({1, 6, 1, 1}), {}, {.steps = 2});
  CHECK(same_bytes(journey.latents[2], Tensor::zeros({1, 6, 1, 1})));
  CHECK(std::isnan(movements(journey, 0)[1].logit.correlation));
}

TEST_CASE("correlations by hand", "[gan][control]") {
  // Deviations -1.5, -0.5, 0.5, 1.5 and -1, 1, -2, 2: sum of products 3, of squares 5 and 10.
  CHECK(pearson({1, 2, 3, 4}, {2, 4, 1, 5}) == Approx(3 / std::sqrt(5.0 * 10)));
  CHECK(pearson({1, 2, 3}, {2, 4, 6}) == Approx(1));
  CHECK(pearson({1, 2, 3}, {0, -1, -2}) == Approx(-1));
  CHECK(std::isnan(pearson({1, 2}, {3, 3})));
  CHECK_THROWS_WITH(pearson({1}, {1, 2}), "pearson: 1 and 2 numbers");

  const auto logits = [](std::vector<float> v) { return Tensor::from(v, {2, 2}); };
  const Tensor nothing = Tensor::zeros({2, 1});
  // Changes of class 0: 1, 2 and 3, 4; of class 1: 2, 4 and 1, 5.
  const Journey journey{.latents = {nothing, nothing, nothing},
                        .logits = {logits({5, 0, -5, 1}), logits({6, 2, -3, 5}), logits({8, 1, -1, 6})}};
  const std::vector<Movement> moved = movements(journey, 0);
  REQUIRE(moved.size() == 2);
  CHECK(moved[0].logit.change == Approx(3.5));
  CHECK(moved[1].logit.change == Approx(3));
  CHECK(moved[0].logit.correlation == Approx(1));
  CHECK(moved[1].logit.correlation == Approx(3 / std::sqrt(50.0)));
  // Of two classes, probabilities sum to 1.
  CHECK(moved[1].probability.correlation == Approx(-1));
  const auto p = [](double difference) { return 1 / (1 + std::exp(-difference)); };
  CHECK(moved[0].probability.change == Approx((p(7) - p(5) + p(-7) - p(-6)) / 2).epsilon(1e-4));
  CHECK_THROWS_WITH(movements(journey, 2), "movements: class 2 of 2");
  CHECK_THROWS_AS(movements({.latents = {nothing}, .logits = {nothing}}, 0), UsageError);
}
