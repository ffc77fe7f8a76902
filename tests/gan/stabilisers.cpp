// What keeps games stable: augmentation, replay, consistency, and what discriminators have beside their
// layers.
#include "gan/games/stabilisers.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "autograd/ops.h"
#include "gan/games/adversarial.h"
#include "gan/networks/dcgan.h"
#include "gan/networks/mlp.h"
#include "gan/networks/points.h"
#include "gan/run/options.h"
#include "nn/modules.h"
#include "nn/modules/minibatch.h"
#include "tests/gan/moves.h"
#include "tests/gan/networks.h"
#include "tests/gan/states.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

constexpr Device emulated{DeviceType::emulated};

Settings settings_with(const std::string& model,
                       const std::vector<std::pair<std::string, SettingValue>>& options) {
  Settings settings(find_model(model).options);
  settings.add({{"graph", true, ""}});
  settings.set("channels", int64_t{3});
  settings.set("size", int64_t{16});
  settings.set("batch", int64_t{4});
  settings.set("nz", int64_t{3});
  for (const char* width : {"ngf", "ndf"})
    if (settings.find(width) != nullptr) settings.set(width, int64_t{2});
  for (const auto& [name, value] : options) settings.set(name, value);
  return settings;
}

using Options = std::vector<std::pair<std::string, SettingValue>>;
const Options augmented = {{"diffaugment", std::string("color,translation,cutout")},
                           {"replay", 0.5},
                           {"replay-size", int64_t{7}},
                           {"minibatch-stddev", true},
                           {"d-dropout", 0.3}};
const Options consistent = {
    {"consistency", 10.0}, {"minibatch-discrimination", true}, {"replay", 0.25}, {"replay-size", int64_t{3}}};
const Options penalised = {{"diffaugment", std::string("translation")},
                           {"replay", 0.5},
                           {"d-dropout", 0.2},
                           {"minibatch-stddev", true}};
const std::vector<std::pair<std::string, Options>> games = {
    {"dcgan", augmented}, {"dcgan", consistent}, {"wgan-gp", penalised}};

std::unique_ptr<Game> game_of(const std::string& model, const Options& options, Device device,
                              bool graph = true, int64_t seed = 0) {
  Settings settings = settings_with(model, options);
  settings.set("seed", seed);
  settings.set("graph", graph);
  return find_model(model).make(settings, device);
}

Scalars train(Game& game, int from, int to, int64_t channels = 3, int64_t size = 16) {
  Scalars last;
  for (int step = from; step < to; ++step) {
    Generator random(static_cast<uint64_t>(100 + step));
    std::vector<Batch> batches;
    for (int64_t i = 0; i < game.batches_per_step(); ++i)
      batches.push_back({random_uniform({4, channels, size, size}, random, -1, 1), {}});
    last = game.step(batches);
  }
  return last;
}

/// Keeps what it is given; the output is the mean of each image.
class Watch : public nn::Module {
 public:
  explicit Watch(std::vector<Tensor>* seen) : seen_(seen) { register_parameter("scale", scale_, {1}, 1); }
  Variable forward(const Variable& x) override {
    seen_->push_back(x.value().clone());
    return scale_ * mean(x, {1, 2, 3});
  }

 private:
  std::vector<Tensor>* seen_;
  Variable scale_;
};

AdversarialNetworks watched(std::vector<Tensor>& seen) {
  return {.generator =
              [] {
                return nn::sequential(nn::linear(2, 64), nn::unflatten({1, 8, 8}));
              },
          .discriminator = [&] { return std::make_shared<Watch>(&seen); },
          .init =
              [](nn::Module& network, Generator& random) {
                if (network.parameters().size() > 1) network.reset_parameters(random);
              },
          .latent = {2}};
}

}  // namespace

TEST_CASE("both networks see nothing but augmented images", "[gan][stabilisers]") {
  std::vector<Tensor> seen;
  AdversarialOptions options;
  options.stabilisers.diffaugment = diffaugment_policy("cutout");
  AdversarialGame game(watched(seen), options);
  game.step({{Tensor::full({5, 1, 8, 8}, 1), {}}});
  REQUIRE(seen.size() == 3);  // real, fake, and fake once more for the generator
  for (const Tensor& images : seen)
    for (int64_t n = 0; n < 5; ++n) {
      int64_t zeros = 0;
      for (int64_t i = 0; i < 64; ++i) zeros += images.data<float>()[64 * n + i] == 0;
      CHECK(zeros >= 4);
      CHECK(zeros <= 16);
    }
}

TEST_CASE("a pool gives back what it was given, each once", "[gan][stabilisers]") {
  ReplayPool pool({1, 1, 2}, {.share = 0.5, .size = 7}, {});  // two of four, three places for each of them
  Generator random(3);
  std::multiset<float> out, in;
  for (int step = 1; step <= 50; ++step) {
    std::vector<float> values;
    for (int i = 0; i < 4; ++i)
      for (int k = 0; k < 2; ++k) values.push_back(static_cast<float>(10 * step + i));
    const Tensor given = Tensor::from(values, {4, 1, 1, 2}), taken = pool.exchange(given, random).value();
    CHECK(taken.shape() == given.shape());
    for (int64_t i = 0; i < 4; ++i) {
      const auto* p = taken.data<float>() + 2 * i;
      CHECK(p[0] == p[1]);
      if (i >= 2) {
        CHECK(p[0] == given.data<float>()[2 * i]);
        continue;
      }
      in.insert(given.data<float>()[2 * i]);
      if (p[0] != given.data<float>()[2 * i]) out.insert(p[0]);
    }
  }
  const NamedTensors state = pool.state();
  const auto filled = find(state, "filled")->to_vector<float>(),
             images = find(state, "images")->to_vector<float>();
  CHECK(filled == std::vector<float>{1, 1, 1, 1, 1, 1, 0});
  for (size_t i = 0; i < 6; ++i) out.insert(images[2 * i]);
  CHECK(out == in);

  CHECK_THROWS_WITH(pool.exchange(Tensor::zeros({20, 1, 1, 2}), random),
                    "option 'replay-size': 7 images are fewer than the 10 of a batch that come from them");
  CHECK_THROWS_AS(ReplayPool({1}, {.share = 1.0}, {}), UsageError);
}

TEST_CASE("the discriminator learns from earlier fakes, the generator from its own", "[gan][stabilisers]") {
  std::vector<Tensor> seen;
  AdversarialOptions options;
  options.stabilisers.replay = {.share = 0.5, .size = 2};  // one place for each of two
  AdversarialGame game(watched(seen), options);
  for (int step = 0; step < 3; ++step) game.step({{Tensor::full({4, 1, 8, 8}, 1), {}}});
  REQUIRE(seen.size() == 9);
  const auto images = [&](size_t call, int64_t first) {
    const auto* p = seen[call].data<float>() + 64 * first;
    return std::vector<float>(p, p + 128);
  };
  for (size_t step = 0; step < 3; ++step) {
    const size_t fake = 3 * step + 1, for_generator = fake + 1;
    CHECK(images(fake, 2) == images(for_generator, 2));
    CHECK(images(fake, 0) == images(step == 0 ? for_generator : for_generator - 3, 0));
  }

  AdversarialNetworks with_classes = watched(seen);
  with_classes.classes = 3;
  CHECK_THROWS_WITH(AdversarialGame(with_classes, options), Contains("option 'replay': earlier fakes"));
}

TEST_CASE("consistency is how far a moved image changes the discriminator's mind", "[gan][stabilisers]") {
  std::vector<Tensor> seen;
  AdversarialOptions options;
  options.lr_d = nn::constant_schedule(0);
  options.stabilisers.consistency = 3;
  AdversarialGame game(watched(seen), options);
  Generator random(5);
  const Scalars scalars = game.step({{random_uniform({5, 1, 8, 8}, random), {}}});
  REQUIRE(seen.size() == 4);
  REQUIRE(scalars.size() == 5);
  CHECK(scalars[4].first == "consistency");
  const auto before = mean(seen[0], {1, 2, 3}).value().to_vector<float>(),
             after = mean(seen[2], {1, 2, 3}).value().to_vector<float>();
  double expected = 0;
  for (size_t n = 0; n < 5; ++n) {
    CHECK(moves(seen[0], seen[2], static_cast<int64_t>(n), 1).size() == 1);
    expected += 3 * std::pow(before[n] - after[n], 2) / 5;
  }
  CHECK(expected > 0);
  CHECK(scalars[4].second == Approx(expected));
}

TEST_CASE("minibatch discrimination is the sum of its formula", "[nn][stabilisers]") {
  nn::MinibatchDiscrimination layer(4, {.kernels = 3, .dims = 2});
  Generator random(4);
  layer.reset_parameters(random);
  CHECK(layers(layer) == Names{"projection.weight [6,4]"});
  const Variable x = noise({5, 4});
  const auto y = layer(x).value();
  REQUIRE(y.shape() == Shape{5, 7});
  const Tensor m = linear(x, layer.parameters()[0]).value();
  for (int64_t i = 0; i < 5; ++i) {
    for (int64_t k = 0; k < 4; ++k) CHECK(y.data<float>()[7 * i + k] == x.value().data<float>()[4 * i + k]);
    for (int64_t b = 0; b < 3; ++b) {
      double sum = 0;
      for (int64_t j = 0; j < 5; ++j) {
        double distance = 0;
        for (int64_t c = 0; c < 2; ++c)
          distance += std::abs(m.data<float>()[6 * i + 2 * b + c] - m.data<float>()[6 * j + 2 * b + c]);
        sum += std::exp(-distance);
      }
      CHECK(y.data<float>()[7 * i + 4 + b] == Approx(sum));
    }
  }
  CHECK_THROWS_AS(nn::MinibatchDiscrimination(4, {.kernels = 0}), UsageError);
}

TEST_CASE("discriminators take their extras before the last layer and after activations",
          "[gan][stabilisers]") {
  const auto random = std::make_shared<Generator>(1);
  const DiscriminatorExtras stddev{.minibatch = Minibatch::stddev},
      discrimination{.minibatch = Minibatch::discrimination}, dropout{.dropout = 0.5, .random = random};
  const DcganDiscriminatorOptions small{.size = 16, .channels = 1, .ndf = 2, .norm = Normalization::none};
  const auto last = [](const auto& network) { return layers(*network).back(); };
  CHECK(last(dcgan_discriminator(small)) == "4.weight [1,4,4,4]");
  CHECK(last(dcgan_discriminator(small, stddev)) == "5.weight [1,5,4,4]");
  CHECK(layers(*dcgan_discriminator(small, discrimination)).at(4) == "5.projection.weight [500,64]");
  CHECK(last(dcgan_discriminator(small, discrimination)) == "6.bias [1]");
  CHECK(last(dcgan_discriminator(small, dropout)) == "6.weight [1,4,4,4]");
  CHECK(layers(*mlp_discriminator({.size = 2}, stddev)).at(4) == "6.weight [1,257]");
  CHECK(layers(*mlp_discriminator({.size = 2}, dropout)).at(4) == "7.weight [1,256]");
  CHECK(layers(*point_discriminator({.hidden = 8}, discrimination)).at(6) == "7.projection.weight [500,8]");
  CHECK(layers(*point_discriminator({.hidden = 8}, dropout)).at(6) == "10.weight [1,8]");

  for (const DiscriminatorExtras& extras : {stddev, discrimination, dropout}) {
    Generator weights(2);
    const auto network = dcgan_discriminator(small, extras);
    network->reset_parameters(weights);
    const Variable images = noise({4, 1, 16, 16});
    const auto once = (*network)(images).value().to_vector<float>();
    CHECK(once.size() == 4);
    CHECK((once == (*network)(images).value().to_vector<float>()) == (extras.dropout == 0));
    // What it says of an image depends on the others, if they are compared.
    const Variable others = concat({slice(images, 0, 0, 1), noise({3, 1, 16, 16}) * 2}, 0);
    if (extras.dropout == 0) CHECK(once[0] != (*network)(others).value().to_vector<float>()[0]);
  }
}

TEST_CASE("stabilisers that make no sense together are refused", "[gan][stabilisers]") {
  const auto refusal = [](const std::string& model, const Options& options) -> std::string {
    try {
      game_of(model, options, {});
    } catch (const UsageError& e) {
      return e.what();
    }
    return "";
  };
  CHECK_THAT(refusal("dcgan", {{"consistency", 1.0}, {"diffaugment", std::string("color")}}),
             Contains("option 'consistency': with diffaugment the discriminator sees no image as it is"));
  CHECK_THAT(refusal("dcgan", {{"minibatch-stddev", true}, {"minibatch-discrimination", true}}),
             Contains("option 'minibatch-discrimination': it shows what minibatch-stddev does"));
  CHECK_THAT(refusal("wgan-gp", {{"minibatch-discrimination", true}}),
             Contains("compares samples with each other, but penalty wgan-gp takes the slope of each"));
  CHECK_THAT(
      refusal("gan", {{"minibatch-stddev", true}, {"batch", int64_t{6}}}),
      Contains("option 'minibatch-stddev': it compares images four by four, which batch 6 is no multiple"));
  CHECK_THAT(refusal("gan", {{"replay", 0.5}, {"replay-size", int64_t{1}}}),
             Contains("option 'replay-size': 1 images are fewer than the 2 of a batch"));
  CHECK_THAT(refusal("gan", {{"diffaugment", std::string("x")}}),
             Contains("'x' is not color, translation or"));
  for (const char* option : {"diffaugment", "consistency"}) {
    Options points = {{"channels", int64_t{2}}, {"size", int64_t{1}}};
    points.emplace_back(option,
                        std::string(option) == "diffaugment" ? SettingValue(std::string("color")) : 1.0);
    CHECK_THAT(refusal("gan", points), Contains("of images, not of points"));
  }
  CHECK(refusal("gan", {{"minibatch-stddev", true}, {"replay", 0.5}}) == "");
}

TEST_CASE("stabilised games go on to the same bit", "[gan][stabilisers]") {
  for (const auto& [model, options] : games) {
    INFO(model);
    const auto straight = game_of(model, options, {}), resumed = game_of(model, options, {}, true, 99);
    train(*straight, 0, 3);
    resumed->load_state(cloned(straight->state()));
    const Scalars last = train(*straight, 3, 5);
    for (const auto& [name, value] : last) CHECK(std::isfinite(value));
    CHECK(train(*resumed, 3, 5) == last);
    CHECK(differences(*straight, *resumed) == no_difference);
  }
  // On points, too, as far as it makes sense there.
  const Options on_points = {{"channels", int64_t{2}}, {"size", int64_t{1}},       {"hidden", int64_t{8}},
                             {"replay", 0.5},          {"minibatch-stddev", true}, {"d-dropout", 0.3}};
  const auto straight = game_of("gan", on_points, {}), resumed = game_of("gan", on_points, {}, true, 99);
  train(*straight, 0, 3, 2, 1);
  resumed->load_state(cloned(straight->state()));
  CHECK(train(*straight, 3, 5, 2, 1) == train(*resumed, 3, 5, 2, 1));
  CHECK(differences(*straight, *resumed) == no_difference);
}

TEST_CASE("stabilised games train on the device, by replays to the same bits",
          "[gan][stabilisers][emulated]") {
  for (const auto& [model, options] : games) {
    INFO(model);
    const auto plain = game_of(model, options, emulated, false), captured = game_of(model, options, emulated),
               host = game_of(model, options, {});
    for (int step = 0; step < 4; ++step) {
      const Scalars numbers = train(*captured, step, step + 1), expected = train(*host, step, step + 1);
      CHECK(train(*plain, step, step + 1) == numbers);
      for (size_t i = 0; i < numbers.size(); ++i) {
        INFO("step " << step << ", " << numbers[i].first);
        CHECK(numbers[i].second == Approx(expected[i].second).epsilon(1e-2).margin(1e-3));
      }
    }
    CHECK(differences(*plain, *captured) == no_difference);
  }
}
