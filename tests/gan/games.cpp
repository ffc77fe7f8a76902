// Games: what a step does, that state is all there is, and that training goes where it should.
#include "gan/game.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "autograd/ops.h"
#include "core/allocator.h"
#include "core/thread_pool.h"
#include "gan/games/adversarial.h"
#include "gan/games/options.h"
#include "kernels/elementwise.h"
#include "nn/init.h"
#include "nn/modules.h"
#include "tests/gan/small_games.h"
#include "tests/gan/states.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

/// A game on images of two pixels, small enough to train in a test.
AdversarialNetworks tiny_networks() {
  return {.generator =
              [] {
                return nn::sequential(nn::linear(2, 32), nn::relu(), nn::linear(32, 2), nn::tanh(),
                                      nn::unflatten({1, 1, 2}));
              },
          .discriminator =
              [] {
                return nn::sequential(nn::flatten(), nn::linear(2, 32), nn::leaky_relu(0.2),
                                      nn::linear(32, 1), nn::flatten(0));
              },
          .init = [](nn::Module& network, Generator& generator) { network.reset_parameters(generator); },
          .latent = {2}};
}

/// Half of the images near (0.8, 0.3), half near (0.2, 0.7).
Batch two_modes(int64_t n, Generator& random) {
  std::vector<float> pixels;
  const auto noise = random_normal({n, 2}, random).to_vector<float>();
  for (size_t i = 0; i < noise.size(); ++i) {
    const float centre = i / 2 % 2 == 0 ? (i % 2 == 0 ? 0.8f : 0.3f) : (i % 2 == 0 ? 0.2f : 0.7f);
    pixels.push_back(centre + 0.02f * noise[i]);
  }
  return {Tensor::from(pixels, {n, 1, 1, 2}), {}};
}

}  // namespace

TEST_CASE("the table of models", "[gan][games]") {
  CHECK(models().size() > 9);
  for (const Model& model : models()) {
    INFO(model.name);
    CHECK(&find_model(model.name) == &model);
    CHECK(!model.title.empty());
    CHECK(!model.paper.empty());
    for (const Option& option : model.options) {
      INFO(option.name);
      CHECK(!option.help.empty());
    }
  }
  CHECK_THROWS_AS(find_model("cdgan"), UsageError);
  CHECK_THROWS_WITH(find_model("cdgan"), Contains("there is no model 'cdgan'; the models are dcgan, gan"));
}

TEST_CASE("models refuse what they cannot be built with", "[gan][games]") {
  const auto refused = [](const std::string& model, const std::string& option, const SettingValue& value,
                          const std::string& message) {
    Settings settings = settings_of(model);
    settings.set(option, value);
    CHECK_THROWS_AS(game_of(model, settings), UsageError);
    CHECK_THROWS_WITH(game_of(model, settings), message);
  };
  refused("dcgan", "size", int64_t{48}, "dcgan: size 48 is not a power of two from 16 to 256");
  refused("dcgan", "channels", int64_t{2}, "option 'channels': 2 is not 1 or 3");
  refused("gan", "channels", int64_t{0}, "option 'channels': 0 is not 1 or 3");
  refused("gan", "batch", int64_t{1}, "gan: batch 1 leaves batch normalisation no variance");
  refused("gan", "lr-schedule", std::string("cosine"),
          "option 'lr-decay-end': learning rates that begin to fall at step 0 cannot reach 0 at step 0");
}

TEST_CASE("learning rates follow their schedule", "[gan][games]") {
  Settings settings = settings_of("gan");
  settings.set("lr-g", 1e-3);
  CHECK(schedule_from(settings, "lr-g")(1000) == 1e-3);
  CHECK(schedule_from(settings, "lr-d")(0) == 2e-4);
  settings.set("lr-decay-start", int64_t{10});
  settings.set("lr-decay-end", int64_t{20});
  for (const char* kind : {"linear", "cosine"}) {
    settings.set("lr-schedule", std::string(kind));
    const nn::Schedule lr = schedule_from(settings, "lr-g");
    CHECK(lr(0) == 1e-3);
    CHECK(lr(10) == 1e-3);
    CHECK(lr(13) < 1e-3);
    CHECK(lr(15) == Approx(5e-4));
    CHECK(lr(20) == 0);
    CHECK(lr(99) == 0);
  }
  settings.set("lr-decay-end", int64_t{0});
  settings.add({{"steps", int64_t{30}, "steps in all"}});
  CHECK(schedule_from(settings, "lr-g")(20) == Approx(5e-4));
}

TEST_CASE("steps give finite losses and change every weight", "[gan][games]") {
  for (const std::string& model : all_models()) {
    INFO(model);
    const Settings settings = settings_of(model);
    const auto game = game_of(model, settings);
    const NamedTensors before = cloned(game->state());
    for (const auto& [name, value] : train(*game, settings, 0, 3)) {
      INFO(name);
      CHECK(std::isfinite(value));
    }
    size_t may_stay = 0;  // unit vectors of one number, 1 or -1
    for (const auto& [name, tensor] : before)
      may_stay += (name.ends_with("weight_u") || name.ends_with("weight_v")) && tensor.numel() == 1;
    CHECK(differences(before, game->state()).size() + may_stay >= before.size());
    CHECK(find(game->state(), "step")->item() == 3);
  }
}

TEST_CASE("adversarial games tell both losses, scores, and what else there is", "[gan][games]") {
  for (const std::string& model : all_models()) {
    INFO(model);
    const Settings settings = settings_of(model);
    if (!has(settings, "penalty")) continue;
    const bool penalised = settings.text("penalty") != "none";
    const auto game = game_of(model, settings);
    CHECK(game->batches_per_step() == settings.integer("n-critic"));
    const Scalars scalars = train(*game, settings, 0, 3);
    const bool answers = scalars.back().first.starts_with("loss_") && scalars.size() > 4;
    CHECK(answers == (model == "infogan" || model == "sgan" || model == "acgan"));
    REQUIRE(scalars.size() == 4U + (penalised ? 1 : 0) + (answers ? 1 : 0));
    CHECK(scalars[0].first == "loss_d");
    CHECK(scalars[1].first == "loss_g");
    if (settings.text("loss") == "bce") {
      for (const char* name : {"d_real", "d_fake"}) {
        CHECK(value_of(scalars, name) > 0);
        CHECK(value_of(scalars, name) < 1);
      }
    }
    if (penalised) CHECK(value_of(scalars, "penalty") > 0);
  }
}

TEST_CASE("a discriminator's update sees each image once, the generator's none of its weights",
          "[gan][games]") {
  int64_t judged = 0, generated = 0;
  const Game* playing = nullptr;
  AdversarialOptions options{.n_critic = 3};
  const AdversarialLoss bce = bce_loss();
  options.loss.discriminator = [&](const Variable& real, const Variable& fake) {
    ++judged;
    CHECK(real.requires_grad());
    CHECK(real.shape() == Shape{4 + judged});
    CHECK(fake.shape() == real.shape());
    return bce.discriminator(real, fake);
  };
  options.loss.generator = [&](const Variable& fake) {
    ++generated;
    auto networks = const_cast<Game*>(playing)->networks();
    CHECK(networks[0].second->parameters()[0].requires_grad());
    for (const Variable& parameter : networks[1].second->parameters()) CHECK(!parameter.requires_grad());
    CHECK(fake.shape() == Shape{7});
    return bce.generator(fake);
  };
  AdversarialGame game(tiny_networks(), options);
  playing = &game;
  Generator random(1);
  const std::vector<Batch> batches = {two_modes(5, random), two_modes(6, random), two_modes(7, random)};
  game.step(batches);
  CHECK(judged == 3);
  CHECK(generated == 1);
  CHECK(find(game.state(), "optimizer_d.step.1.weight")->item() == 3);
  CHECK(find(game.state(), "optimizer_g.step.0.weight")->item() == 1);
  for (const Variable& parameter : game.networks()[1].second->parameters()) CHECK(parameter.requires_grad());
  CHECK_THROWS_WITH(game.step({batches[0]}), "game: a step takes 3 batches, got 1");
}

TEST_CASE("training that is saved and resumed goes on to the same bit, at any number of threads",
          "[gan][games]") {
  const int threads = num_threads();
  for (const std::string& model : all_models()) {
    INFO(model);
    const Settings settings = eventful(model);
    set_num_threads(1);
    const auto straight = game_of(model, settings);
    train(*straight, settings, 0, 3);
    const NamedTensors saved = cloned(straight->state());
    const Scalars last = train(*straight, settings, 3, 5);

    set_num_threads(2);
    Settings other = settings;
    other.set("seed", int64_t{99});
    const auto resumed = game_of(model, other);
    CHECK(differences(resumed->state(), saved) != no_difference);
    resumed->load_state(saved);
    CHECK(differences(resumed->state(), saved) == no_difference);
    CHECK(train(*resumed, settings, 3, 5) == last);
    CHECK(differences(resumed->state(), straight->state()) == no_difference);

    const auto threaded = game_of(model, settings);
    train(*threaded, settings, 0, 5);
    CHECK(differences(threaded->state(), straight->state()) == no_difference);
  }
  set_num_threads(threads);
}

TEST_CASE("after ten steps, a hundred more take no memory from the system", "[gan][games]") {
  Settings settings = settings_of("dcgan");
  settings.set("ema", 0.9);
  const auto game = game_of("dcgan", settings);
  train(*game, settings, 0, 10);
  const uint64_t before = allocator({}).stats().system_allocations;
  train(*game, settings, 10, 110);
  CHECK(allocator({}).stats().system_allocations == before);
}

TEST_CASE("the seed decides where a game starts", "[gan][games]") {
  Settings settings = settings_of("gan");
  const NamedTensors zero = game_of("gan", settings)->state();
  CHECK(differences(game_of("gan", settings)->state(), zero) == no_difference);
  settings.set("seed", int64_t{1});
  CHECK(differences(game_of("gan", settings)->state(), zero) != no_difference);
}

TEST_CASE("a state of another game is refused whole", "[gan][games]") {
  const Settings settings = eventful("dcgan");
  const auto game = game_of("dcgan", settings);
  train(*game, settings, 0, 1);
  const NamedTensors before = cloned(game->state());
  CHECK_THROWS_WITH(game->load_state(game_of("gan", eventful("gan"))->state()), Contains("missing"));
  Settings wider = settings;
  wider.set("ngf", int64_t{8});
  CHECK_THROWS_WITH(game->load_state(game_of("dcgan", wider)->state()),
                    Contains("mismatched generator.0.weight (own f32[5,8,4,4], given f32[5,16,4,4])"));
  Settings without = settings;
  without.set("ema", 0.0);
  CHECK_THROWS_WITH(game->load_state(game_of("dcgan", without)->state()),
                    Contains("missing generator_ema.0.weight"));
  NamedTensors cut = cloned(before);
  cut.pop_back();
  CHECK_THROWS_WITH(game->load_state(cut), "load_state: missing step");
  CHECK(differences(game->state(), before) == no_difference);
}

TEST_CASE("generate is a function of latents and weights that leaves no trace", "[gan][games]") {
  for (const double ema : {0.0, 0.5}) {
    INFO(ema);
    Settings settings = settings_of("dcgan");
    settings.set("ema", ema);
    const auto game = game_of("dcgan", settings);
    train(*game, settings, 0, 2);
    const NamedTensors before = cloned(game->state());
    std::vector<uint64_t> seeds(70);
    for (size_t i = 0; i < seeds.size(); ++i) seeds[i] = i;
    const Tensor latents = latents_from_seeds(seeds, game->latent_shape());
    const Tensor images = game->generate(latents);
    CHECK(images.shape() == Shape{70, 1, 16, 16});
    CHECK(differences(game->state(), before) == no_difference);
    auto networks = game->networks();
    CHECK(networks[0].second->is_training());
    CHECK(same_bytes(game->generate(latents), images));

    // Each image by itself, whatever is made beside it.
    const Tensor last = game->generate(latents_from_seeds({69}, game->latent_shape()));
    CHECK(std::memcmp(last.raw(), images.data<float>() + 69 * 256, last.nbytes()) == 0);

    // From the network that sampling uses, in evaluation.
    nn::Module& network = *networks.back().second;
    CHECK(networks.back().first == (ema == 0 ? "discriminator" : "generator_ema"));
    if (ema != 0) {
      CHECK(!network.is_training());
      const NoGrad no_grad;
      const Tensor direct = network(latents_from_seeds({69}, game->latent_shape())).value();
      CHECK(same_bytes(direct, last));
    }
  }
}

TEST_CASE("generate refuses latents of another shape", "[gan][games]") {
  const auto game = game_of("dcgan", settings_of("dcgan"));
  CHECK(game->latent_shape() == Shape{5, 1, 1});
  for (const Shape& shape : {Shape{2, 5}, Shape{2, 6, 1, 1}, Shape{0, 5, 1, 1}, Shape{}})
    CHECK_THROWS_WITH(game->generate(Tensor::zeros(shape)), Contains("are not one or more f32[5,1,1]"));
  CHECK_THROWS_AS(game->generate(Tensor::zeros({2, 5, 1, 1}, DType::f64)), ShapeError);
}

TEST_CASE("latents are functions of their seeds", "[gan][games]") {
  const Tensor latents = latents_from_seeds({7, 8, 7}, {50, 2});
  REQUIRE(latents.shape() == Shape{3, 50, 2});
  const auto values = latents.to_vector<float>();
  const std::vector<float> a(values.begin(), values.begin() + 100),
      b(values.begin() + 100, values.begin() + 200), c(values.begin() + 200, values.end());
  CHECK(a == c);
  CHECK(a != b);
  CHECK(latents_from_seeds({8}, {50, 2}).to_vector<float>() == b);
}

TEST_CASE("a loss that is not finite stops training", "[gan][games]") {
  AdversarialGame game(tiny_networks(), {});
  Generator random(1);
  game.step({two_modes(4, random)});
  nn::init::constant_(game.networks()[1].second->parameters()[0], std::numeric_limits<double>::quiet_NaN());
  CHECK_THROWS_WITH(game.step({two_modes(4, random)}),
                    "step 2: loss_d is nan; lower learning rates may keep training stable");

  AdversarialOptions options;
  options.loss.generator = [](const Variable& fake) { return sum(fake) * 1e30 * 1e30; };
  AdversarialGame diverging(tiny_networks(), options);
  CHECK_THROWS_WITH(diverging.step({two_modes(4, random)}), Contains("step 1: loss_g is "));
}

TEST_CASE("training moves the generator towards the data", "[gan][games]") {
  AdversarialGame game(
      tiny_networks(),
      {.lr_g = nn::constant_schedule(2e-3), .lr_d = nn::constant_schedule(4e-3), .ema = 0.95, .seed = 4});
  std::vector<uint64_t> seeds(256);
  for (size_t i = 0; i < seeds.size(); ++i) seeds[i] = i;
  const Tensor latents = latents_from_seeds(seeds, game.latent_shape());
  const auto distance = [&] {  // of the samples' mean from that of the data, (0.5, 0.5)
    const auto m = mean(game.generate(latents), {0, 1, 2}).value().to_vector<float>();
    return std::hypot(m[0] - 0.5f, m[1] - 0.5f);
  };
  CHECK(distance() > 0.4f);
  Generator random(2);
  for (int step = 0; step < 600; ++step) game.step({two_modes(64, random)});
  INFO(distance());
  CHECK(distance() < 0.1f);
}
