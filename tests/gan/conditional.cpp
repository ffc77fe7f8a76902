// Networks that are given a class, and models with the option `conditioning`.
#include "gan/networks/conditional.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "autograd/ops.h"
#include "gan/games/adversarial.h"
#include "gan/networks/dcgan.h"
#include "gan/networks/mlp.h"
#include "gan/networks/resnet.h"
#include "nn/modules.h"
#include "tests/gan/networks.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

/// What `conditioning` makes of `net`, of 3 classes and small.
Settings settings_of(const std::string& model, const std::string& net, const std::string& conditioning) {
  Settings settings(find_model(model).options);
  settings.set("conditioning", conditioning);
  settings.set("classes", int64_t{3});
  settings.set("channels", int64_t{1});
  settings.set("nz", int64_t{4});
  settings.set("size", int64_t{8});
  if (model == "gan") return settings;
  settings.set("net", net);
  settings.set("size", int64_t{net.ends_with("resnet") ? 32 : 16});
  settings.set("ngf", int64_t{2});
  settings.set("ndf", int64_t{2});
  return settings;
}

std::vector<Batch> batches_for(const Game& game, const Settings& settings, uint64_t seed) {
  const int64_t size = settings.integer("size");
  Generator random(seed);
  std::vector<Batch> batches;
  for (int64_t i = 0; i < game.batches_per_step(); ++i)
    batches.push_back({random_uniform({3, 1, size, size}, random, -1, 1), labels({0, 2, 1}).value()});
  return batches;
}

/// Whether the class alone changes what the networks that are given it make of one and the same input.
void check_class_matters(Game& game, const Settings& settings) {
  const int64_t size = settings.integer("size");
  const auto three_of = [](const Variable& x) {
    const NoGrad no_grad;
    return concat({x, x, x}, 0);
  };
  const Variable inputs[] = {three_of(game.latents({7})), three_of(noise({1, 1, size, size}))};
  for (size_t i = 0; i < 2; ++i) {
    const auto [name, network] = game.networks()[i];
    INFO(name);
    const Variable all = (*network)(inputs[i], labels({0, 1, 2}));
    const auto of_class = [&](int64_t label) { return values_of(slice(all, 0, label, label + 1)); };
    const bool is_given = i == 0 || settings.text("conditioning") != "auxiliary";
    CHECK((of_class(0) != of_class(1)) == is_given);
    CHECK((of_class(1) != of_class(2)) == is_given);
  }
}

double sum_abs(const Variable& x) {
  return sum(abs(x)).item();
}

}  // namespace

TEST_CASE("a class is joined as one channel of ones among zeros", "[gan][conditional]") {
  const auto join = join_class(3);
  CHECK(values_of((*join)(Tensor::full({2, 1}, 5), labels({2, 0}))) ==
        std::vector<float>{5, 0, 0, 1, 5, 1, 0, 0});
  const Variable planes = (*join)(noise({2, 2, 2, 3}), labels({1, 2}));
  REQUIRE(planes.shape() == Shape{2, 5, 2, 3});
  CHECK(values_of(mean(planes, {2, 3}))[3] == 1);
  CHECK(values_of(mean(planes, {2, 3}))[9] == 1);
  CHECK(sum(slice(planes, 1, 2, 5)).item() == 12);
  CHECK_THROWS_AS((*join)(noise({2, 2})), UsageError);
  CHECK_THROWS_AS((*join)(noise({2, 2}), labels({1, 3})), ShapeError);
}

TEST_CASE("weights of networks that a class is joined to", "[gan][conditional]") {
  const auto g = given_class(dcgan_generator({.nz = 103}), 3);
  CHECK(layers(*g).front() == "1.0.weight [103,512,4,4]");
  const auto d = mlp_discriminator({.size = 6, .channels = 3, .classes = 4});
  CHECK(layers(*d) == Names{"2.weight [512,112]", "2.bias [512]", "4.weight [256,512]", "4.bias [256]",
                            "6.weight [1,256]", "6.bias [1]"});
}

TEST_CASE("a projection discriminator adds the product of features and the class's vector",
          "[gan][conditional]") {
  Generator random(1);
  const auto check = [&](const std::shared_ptr<nn::Sequential>& network, int64_t size, const Names& last) {
    ProjectionDiscriminator d(*network, 5);
    d.reset_parameters(random);
    Names names = layers(d);
    CHECK(Names(names.end() - static_cast<int64_t>(last.size()), names.end()) == last);
    CHECK(names.front().starts_with("phi."));

    const Variable x = noise({2, 1, size, size});
    Variable vectors = d.named_parameters().back().second;
    const auto both = values_of(d(x, labels({4, 4}))), other = values_of(d(x, labels({4, 1})));
    REQUIRE(both.size() == 2);
    CHECK(both[0] == other[0]);
    CHECK(both[1] != other[1]);
    // Without vectors of classes it is the network itself, whose layers it shares.
    vectors.set_value(Tensor::zeros(vectors.shape()));
    CHECK(values_of(d(x, labels({4, 1}))) == values_of((*network)(x)));
    CHECK_THROWS_AS(d(x), UsageError);
  };
  check(dcgan_discriminator({.size = 16, .channels = 1, .ndf = 2, .norm = Normalization::none}), 16,
        {"psi.0.weight [1,4,4,4]", "embed.weight [5,64]"});
  check(mlp_discriminator({.size = 6}), 6,
        {"psi.0.weight [1,256]", "psi.0.bias [1]", "embed.weight [5,256]"});
  check(sngan_discriminator({.size = 32, .channels = 1, .ndf = 3}), 32,
        {"psi.0.weight [1,6]", "psi.0.bias [1]", "embed.weight [5,6]"});
  CHECK_THROWS_AS(ProjectionDiscriminator(*nn::sequential(nn::flatten()), 5), UsageError);
}

TEST_CASE("the projection is by the features that the last layer is given", "[gan][conditional]") {
  ProjectionDiscriminator d(*nn::sequential(nn::flatten(), nn::linear(4, 1), nn::flatten(0)), 3);
  Generator random(1);
  d.reset_parameters(random);
  const auto weights = d.named_parameters();
  REQUIRE(weights.size() == 3);
  const Variable x = noise({1, 1, 2, 2}), h = reshape(x, {4});
  const Variable v = slice(weights[2].second, 0, 2, 3);
  const double expected = sum(h * (weights[0].second + v)).item() + weights[1].second.item();
  CHECK(d(x, labels({2})).item() == Approx(expected).epsilon(1e-6));
}

TEST_CASE("a head for classes shares all layers of a discriminator but the last", "[gan][conditional]") {
  const auto network =
      nn::sequential(nn::flatten(), nn::linear(4, 3), nn::relu(), nn::linear(3, 1), nn::flatten(0));
  const auto d = with_class_head(*network, 5);
  Generator random(1);
  d->reset_parameters(random);
  CHECK(layers(*d) == Names{"trunk.1.weight [3,4]", "trunk.1.bias [3]", "heads.0.0.weight [1,3]",
                            "heads.0.0.bias [1]", "heads.1.1.weight [5,3]", "heads.1.1.bias [5]"});
  const auto weights = d->named_parameters();
  const Variable x = noise({2, 1, 2, 2}), said = (*d)(x);
  REQUIRE(said.shape() == Shape{2, 6});
  CHECK(sum_abs(reshape(slice(said, 1, 0, 1), {2}) - (*network)(x)) < 1e-6);
  const Variable features = relu(linear(reshape(x, {2, 4}), weights[0].second, weights[1].second));
  CHECK(sum_abs(slice(said, 1, 1, 6) - linear(features, weights[4].second, weights[5].second)) < 1e-6);
  CHECK(layers(*with_class_head(*dcgan_discriminator({.size = 16, .channels = 1, .ndf = 2}), 5)).back() ==
        "heads.1.1.bias [5]");
  CHECK_THROWS_AS(with_class_head(*nn::sequential(nn::flatten()), 5), UsageError);
}

TEST_CASE("both players learn the class, of real and fake images", "[gan][conditional]") {
  for (const bool labelled_alone : {false, true}) {
    INFO(labelled_alone);
    const AdversarialNetworks networks{
        .generator =
            [] {
              return given_class(nn::sequential(nn::linear(5, 16), nn::relu(), nn::linear(16, 2), nn::tanh(),
                                                nn::unflatten({1, 1, 2})),
                                 3);
            },
        .discriminator =
            [] {
              return with_class_head(*nn::sequential(nn::flatten(), nn::linear(2, 16), nn::relu(),
                                                     nn::linear(16, 1), nn::flatten(0)),
                                     3);
            },
        .init = [](nn::Module& network, Generator& random) { network.reset_parameters(random); },
        .latent = {2},
        .classes = 3};
    // There is nothing else to learn.
    AdversarialOptions options{.lr_g = nn::constant_schedule(0.01), .lr_d = nn::constant_schedule(0.01)};
    options.loss.discriminator = [](const Variable& real, const Variable& fake) {
      return 0.0 * sum(real - fake);
    };
    options.loss.generator = [](const Variable& fake) { return 0.0 * sum(fake); };
    options.task = labelled_alone ? class_of_labelled(3) : class_of_all(3);
    AdversarialGame game(networks, options);
    const auto generator_weights = [&] {
      return values_of(game.networks()[0].second->named_parameters().front().second);
    };
    const auto before = generator_weights();
    const Batch batch = {Tensor::from(std::vector<float>{0.9F, 0, -0.9F, 0, 0, 0.9F}, {3, 1, 1, 2}),
                         labels({0, 1, 2}).value()};
    double loss = 0;
    for (int step = 0; step < 200; ++step) loss = game.step({batch}).back().second;
    CHECK(loss < 0.1);
    CHECK((generator_weights() != before) == !labelled_alone);
  }
}

TEST_CASE("any networks are conditioned any way", "[gan][conditional]") {
  for (const std::string conditioning : {"concat", "projection", "auxiliary"}) {
    for (const std::string net : {"dcgan", "sngan-cnn", "sngan-resnet", "wgan-gp-resnet", "mlp"}) {
      INFO(net << " by " << conditioning);
      const std::string model = net == "mlp" ? "gan" : "dcgan";
      const Settings settings = settings_of(model, net, conditioning);
      const auto game = find_model(model).make(settings, Device{});
      CHECK(game->classes() == 3);
      CHECK(game->latent_shape().numel() == 4);
      for (uint64_t step = 0; step < 2; ++step) game->step(batches_for(*game, settings, step));
      check_class_matters(*game, settings);
    }
  }
}

TEST_CASE("conditions go with penalty, spectral norm, several critics and an average", "[gan][conditional]") {
  for (const std::string conditioning : {"concat", "projection", "auxiliary"}) {
    INFO(conditioning);
    Settings settings = settings_of("wgan-gp", "dcgan", conditioning);
    settings.set("spectral-norm", true);
    settings.set("n-critic", int64_t{2});
    settings.set("ema", 0.5);
    const auto game = find_model("wgan-gp").make(settings, Device{});
    for (uint64_t step = 0; step < 2; ++step)
      for (const auto& [name, value] : game->step(batches_for(*game, settings, step))) {
        INFO(name);
        CHECK(std::isfinite(value));
      }
    check_class_matters(*game, settings);
  }
}

TEST_CASE("options of classes are refused where they have no sense", "[gan][conditional]") {
  Settings settings = settings_of("dcgan", "dcgan", "none");
  CHECK_THROWS_WITH(find_model("dcgan").make(settings, Device{}),
                    Contains("option 'classes': no network is told of them"));
  settings.set("conditioning", std::string("concat"));
  settings.set("classes", int64_t{0});
  CHECK_THROWS_WITH(find_model("dcgan").make(settings, Device{}), Contains("needs to know how many"));
}
