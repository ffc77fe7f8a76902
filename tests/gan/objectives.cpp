// What the options of an adversarial objective do in a game's step, and what is refused.
#include <catch2/catch.hpp>
#include <cmath>

#include "autograd/ops.h"
#include "gan/games/adversarial.h"
#include "gan/games/options.h"
#include "nn/modules.h"
#include "nn/optim/clip.h"
#include "tests/gan/states.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

/// Both networks are linear, so that their gradients can be written down.
AdversarialNetworks linear_networks() {
  return {.generator =
              [] {
                return nn::sequential(nn::linear(2, 2), nn::unflatten({1, 1, 2}));
              },
          .discriminator = [] { return nn::sequential(nn::flatten(), nn::linear(2, 1), nn::flatten(0)); },
          .init = [](nn::Module& network, Generator& generator) { network.reset_parameters(generator); },
          .latent = {2}};
}

std::vector<Batch> batch(const std::vector<float>& pixels) {
  return {{Tensor::from(pixels, {static_cast<int64_t>(pixels.size()) / 2, 1, 1, 2}), {}}};
}
const std::vector<float> some_pixels = {1, 2, -1, 0.5, 3, -2, 0.25, 1};

Tensor weight_of(Game& game, size_t network) {
  return game.networks()[network].second->parameters()[0].value().clone();
}

double length_of(const Variable& x) {
  return std::sqrt(sum(square(x)).item());
}

}  // namespace

TEST_CASE("a step pays for the discriminator's slope and reports it", "[gan][objectives]") {
  for (const std::string& name : penalties()) {
    for (const double weight : {0.0, 2.0}) {
      INFO(name << " weighed " << weight);
      AdversarialGame game(linear_networks(), {.loss = wasserstein_loss(),
                                               .penalty = penalty(name),
                                               .penalty_weight = weight,
                                               .optimizer = OptimizerKind::sgd,
                                               .lr_g = nn::constant_schedule(0),
                                               .lr_d = nn::constant_schedule(0.1)});
      AdversarialGame free(linear_networks(), {.loss = wasserstein_loss(),
                                               .optimizer = OptimizerKind::sgd,
                                               .lr_g = nn::constant_schedule(0),
                                               .lr_d = nn::constant_schedule(0.1)});
      const Variable before = weight_of(game, 1);
      const Scalars paid = game.step(batch(some_pixels)), unpaid = free.step(batch(some_pixels));
      // The slope of a linear discriminator is its weight, everywhere.
      const double times = weight == 0 ? 10 : weight, slope = length_of(before);
      const bool centred = name == "r1" || name == "r2";
      CHECK(value_of(paid, "penalty") ==
            Approx(times * (centred ? slope * slope / 2 : (slope - 1) * (slope - 1))));
      CHECK(value_of(paid, "loss_d") == Approx(value_of(unpaid, "loss_d")));
      CHECK(unpaid.size() == 4);
      const Variable step = Variable(weight_of(game, 1)) - Variable(weight_of(free, 1));
      const Variable expected = before * (-0.1 * times * (centred ? 1 : 2 * (slope - 1) / slope));
      CHECK(amax(abs(step - expected)).item() < 1e-5);
    }
  }
}

TEST_CASE("labels that are all wrong turn the discriminator's loss around", "[gan][objectives]") {
  const AdversarialOptions right{.loss = wasserstein_loss(), .clip = 100, .optimizer = OptimizerKind::sgd};
  AdversarialOptions wrong = right;
  wrong.label_noise = 1;
  AdversarialGame a(linear_networks(), right), b(linear_networks(), wrong);
  const Scalars x = a.step(batch(some_pixels)), y = b.step(batch(some_pixels));
  CHECK(value_of(x, "loss_d") == -value_of(y, "loss_d"));
  CHECK(value_of(x, "d_real") == value_of(y, "d_real"));
  CHECK(find(a.state(), "random.discriminator") == nullptr);
  CHECK(find(b.state(), "random.discriminator")->to_vector<int64_t>()[1] == 1);
}

TEST_CASE("the discriminator's weights are clipped after its update, the generator's are not",
          "[gan][objectives]") {
  AdversarialGame game(linear_networks(), {.loss = wasserstein_loss(), .clip = 0.01});
  const Variable generator = weight_of(game, 0);
  game.step(batch(some_pixels));
  CHECK(amax(abs(Variable(weight_of(game, 1)))).item() == Approx(0.01));
  CHECK(amax(abs(generator - Variable(weight_of(game, 0)))).item() < 1e-3);
}

TEST_CASE("each optimiser does what its name says", "[gan][objectives]") {
  // A first step of Adam moves each weight by lr, of RMSprop by 10 lr, of SGD by lr times the gradient, which
  // the batch makes far from 1.
  const auto moved = [](OptimizerKind kind) {
    AdversarialGame game(
        linear_networks(),
        {.loss = wasserstein_loss(), .clip = 100, .optimizer = kind, .lr_d = nn::constant_schedule(1e-3)});
    const Variable before = weight_of(game, 1);
    game.step(batch({50, -30, 50, -30}));
    return (Variable(weight_of(game, 1)) - before).value().to_vector<float>();
  };
  CHECK(moved(OptimizerKind::adam)[0] == Approx(1e-3).epsilon(1e-3));
  CHECK(moved(OptimizerKind::adam)[1] == Approx(-1e-3).epsilon(1e-3));
  CHECK(moved(OptimizerKind::rmsprop)[0] == Approx(1e-2).epsilon(1e-3));
  CHECK(moved(OptimizerKind::rmsprop)[1] == Approx(-1e-2).epsilon(1e-3));
  CHECK(moved(OptimizerKind::sgd)[0] == Approx(0.05).epsilon(0.1));
  CHECK(moved(OptimizerKind::sgd)[1] == Approx(-0.03).epsilon(0.1));
}

TEST_CASE("gradients longer than asked for are scaled down, all of a network's together",
          "[gan][objectives]") {
  const auto net = nn::sequential(nn::linear(2, 2), nn::linear(2, 1));
  Generator generator(1);
  net->reset_parameters(generator);
  Variables parameters = net->parameters();
  const auto lengths = [&](double max_norm) {
    double squares = 0;
    for (size_t i = 0; i < 3; ++i) parameters[i].set_grad(full_like(parameters[i], double(i) + 1));
    nn::clip_grad_norm(*net, max_norm);
    for (size_t i = 0; i < 3; ++i) squares += sum(square(parameters[i].grad())).item();
    CHECK(parameters[1].grad().value().to_vector<float>()[0] ==
          Approx(2 * parameters[0].grad().value().to_vector<float>()[0]));
    CHECK_FALSE(parameters[3].grad().defined());
    return std::sqrt(squares);
  };
  CHECK(lengths(100) == Approx(std::sqrt(4 * 1 + 2 * 4 + 2 * 9.0)));
  CHECK(lengths(0.5) == Approx(0.5).epsilon(1e-5));
  CHECK_THROWS_AS(nn::clip_grad_norm(*net, 0), UsageError);
  CHECK_THROWS_AS(nn::clip_weights(*net, 0), UsageError);
  net->zero_grad();
  nn::clip_grad_norm(*net, 1);

  AdversarialGame game(linear_networks(), {.clip_grad = 1e-3,
                                           .optimizer = OptimizerKind::sgd,
                                           .lr_g = nn::constant_schedule(1),
                                           .lr_d = nn::constant_schedule(1)});
  const auto steps = [&](size_t network) { return game.networks()[network].second->parameters(); };
  Variables before;
  for (const size_t network : {0, 1})
    for (const Variable& p : steps(network)) before.push_back(p.value().clone());
  game.step(batch(some_pixels));
  size_t i = 0;
  for (const size_t network : {0, 1}) {
    double squares = 0;
    for (const Variable& p : steps(network)) squares += sum(square(p.detach() - before[i++])).item();
    CHECK(std::sqrt(squares) == Approx(1e-3).epsilon(1e-2));
  }
}

TEST_CASE("models have their papers' defaults", "[gan][objectives]") {
  const auto of = [](const char* model) { return Settings(find_model(model).options); };
  const Settings wgan = of("wgan"), gp = of("wgan-gp");
  const auto normalises_by_batch = [&](const char* model) {
    Settings settings = of(model);
    settings.set("channels", int64_t{1});
    settings.set("size", int64_t{16});
    const auto game = find_model(model).make(settings, Device{});
    return !game->networks()[1].second->named_buffers().empty();
  };
  CHECK(wgan.text("optimizer") == "rmsprop");
  CHECK(wgan.number("lr-d") == 5e-5);
  CHECK(wgan.number("clip") == 0.01);
  CHECK(wgan.integer("n-critic") == 5);
  CHECK(normalises_by_batch("wgan"));
  CHECK(gp.text("penalty") == "wgan-gp");
  CHECK(gp.number("lr-g") == 1e-4);
  CHECK(gp.number("beta1") == 0);
  CHECK(gp.number("beta2") == 0.9);
  CHECK(gp.integer("n-critic") == 5);
  CHECK_FALSE(normalises_by_batch("wgan-gp"));
  CHECK(of("lsgan").text("loss") == "lsgan");
  CHECK(of("dragan").text("penalty") == "dragan");
  CHECK(of("dragan").text("loss") == "bce");
  CHECK(of("dragan").number("lr-d") == 1e-4);
  CHECK(of("dragan").number("beta1") == 0.5);
  CHECK(of("dragan").number("beta2") == 0.9);
}

TEST_CASE("options that make no sense together are refused with the reason", "[gan][objectives]") {
  using Given = std::vector<std::pair<std::string, SettingValue>>;
  const auto refused = [](const std::string& model, const Given& given, const std::string& message) {
    Settings settings(find_model(model).options);
    settings.set("channels", int64_t{1});
    settings.set("size", int64_t{16});
    for (const auto& [option, value] : given) settings.set(option, value);
    INFO(model << ": " << message);
    CHECK_THROWS_AS(find_model(model).make(settings, Device{}), UsageError);
    CHECK_THROWS_WITH(find_model(model).make(settings, Device{}), Contains(message));
  };
  const std::string r1 = "r1", batch_norm = "batch", no = "none", wasserstein = "wasserstein";
  refused("dcgan", {{"penalty", r1}, {"d-norm", batch_norm}},
          "option 'd-norm': batch mixes samples, but penalty r1 takes");
  refused("wgan-gp", {{"d-norm", batch_norm}}, "option 'd-norm': batch mixes samples");
  refused("wgan-gp", {{"clip", 0.01}}, "option 'clip': clipped weights bound the slope that penalty wgan-gp");
  refused("wgan", {{"spectral-norm", true}}, "option 'clip': with spectral-norm the size of weights");
  refused("dcgan", {{"spectral-norm", true}, {"d-norm", std::string("layer")}},
          "option 'd-norm': layer divides by the deviation");
  refused("sgan", {{"spectral-norm", true}, {"classes", int64_t{3}}},
          "option 'spectral-norm': sgan's discriminator normalises by batch");
  refused("wgan", {{"clip", 0.0}}, "option 'loss': wasserstein measures nothing");
  refused("gan", {{"loss", wasserstein}}, "options 'penalty', 'clip' and 'spectral-norm' do that");
  refused("gan", {{"penalty-weight", 1.0}}, "option 'penalty-weight': there is no penalty to weigh");
  refused("gan", {{"penalty-one-sided", true}}, "option 'penalty-one-sided': there is no penalty");
  refused("gan", {{"penalty", r1}, {"penalty-one-sided", true}}, "slopes of 0 are its aim");
  refused("wgan-gp", {{"label-smoothing", 0.1}}, "wasserstein_loss: label smoothing 0.1");
}
