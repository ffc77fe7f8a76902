// Autoencoders: what their losses are, what they are shown and show.
#include "gan/games/autoencoder.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "autograd/ops.h"
#include "gan/data/grid.h"
#include "nn/modules.h"
#include "tests/gan/states.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

constexpr int64_t side = 2, pixels = side * side, nz = 3;

/// Linear networks on images of four pixels.
AutoencoderNetworks linear_networks(bool variational) {
  return {
      .encoder = [=] { return nn::sequential(nn::flatten(), nn::linear(pixels, variational ? 2 * nz : nz)); },
      .decoder =
          [] {
            return nn::sequential(nn::flatten(), nn::linear(nz, pixels), nn::unflatten({1, side, side}));
          },
      .init = [](nn::Module& net, Generator& random) { net.reset_parameters(random); },
      .nz = nz};
}

Batch some_images(int64_t n, uint64_t seed = 1) {
  Generator random(seed);
  return {random_uniform({n, 1, side, side}, random, -1, 1), {}};
}

double cross_entropy_of(const std::vector<float>& images, const std::vector<float>& again) {
  double total = 0;
  for (size_t i = 0; i < images.size(); ++i) {
    const double t = (double{images[i]} + 1) / 2, p = (double{again[i]} + 1) / 2;
    total -= t * std::log(p) + (1 - t) * std::log(1 - p);
  }
  return total;
}

}  // namespace

TEST_CASE("what comes back is measured by cross entropy, in nats an image", "[gan][autoencoder]") {
  AutoencoderGame game(linear_networks(false), {.learning = {.lr = nn::constant_schedule(0)}}, {});
  const Batch batch = some_images(5);
  const std::vector<Tensor> shown = game.reconstruct(batch.images);
  REQUIRE(shown.size() == 2);
  CHECK(shown[0].to_vector<float>() == batch.images.to_vector<float>());
  const Scalars scalars = game.step({batch});
  CHECK(scalars.size() == 1);
  CHECK(value_of(scalars, "loss") ==
        Approx(cross_entropy_of(batch.images.to_vector<float>(), shown[1].to_vector<float>()) / 5));
  CHECK(!game.generates());
}

TEST_CASE("the bound counts the posterior's divergence, beta weighs it", "[gan][autoencoder]") {
  for (const double beta : {1.0, 4.0}) {
    AutoencoderGame game(linear_networks(true), {.variational = true, .beta = beta}, {});
    const Batch batch = some_images(6);
    const auto said = (*game.networks()[0].second)(batch.images).value().to_vector<float>();
    double kl = 0;
    for (size_t i = 0; i < 6; ++i) {
      for (size_t j = 0; j < nz; ++j) {
        const double mean = said[i * 2 * nz + j], log_variance = said[i * 2 * nz + nz + j];
        kl += (mean * mean + std::exp(log_variance) - log_variance - 1) / 2 / 6;
      }
    }
    const Scalars scalars = game.step({batch});
    CHECK(value_of(scalars, "kl") == Approx(kl));
    const double reconstruction = value_of(scalars, "reconstruction");
    CHECK(value_of(scalars, "loss") == Approx(reconstruction + beta * kl));
    CHECK(value_of(scalars, "elbo") == Approx(-reconstruction - kl));
  }
}

TEST_CASE("training raises the bound", "[gan][autoencoder]") {
  AutoencoderGame game(linear_networks(true),
                       {.variational = true, .learning = {.lr = nn::constant_schedule(0.01)}}, {});
  const double before = value_of(game.step({some_images(32)}), "elbo");
  double last = before;
  for (uint64_t step = 0; step < 200; ++step) last = value_of(game.step({some_images(32, step)}), "elbo");
  CHECK(last > before + 0.05);
}

TEST_CASE("a denoising autoencoder is shown spoiled images and asked for whole ones", "[gan][autoencoder]") {
  AutoencoderGame game(linear_networks(false), {.mask = 0.5, .learning = {.lr = nn::constant_schedule(0)}},
                       {});
  const Batch batch = some_images(200);
  const std::vector<Tensor> shown = game.reconstruct(batch.images);
  const auto whole = batch.images.to_vector<float>(), spoiled = shown[0].to_vector<float>();
  int black = 0;
  for (size_t i = 0; i < whole.size(); ++i) {
    if (spoiled[i] == -1)
      ++black;
    else
      CHECK(spoiled[i] == Approx(whole[i]).margin(1e-6));
  }
  CHECK(black > 300);
  CHECK(black < 500);
  CHECK(game.reconstruct(batch.images)[0].to_vector<float>() == spoiled);
  const auto again = shown[1].to_vector<float>();
  // Not by the same draw: by one that spoils as much.
  CHECK(value_of(game.step({batch}), "loss") == Approx(cross_entropy_of(whole, again) / 200).epsilon(0.05));

  AutoencoderGame noisy(linear_networks(false), {.noise = 0.25}, {});
  const auto seen = noisy.reconstruct(batch.images)[0].to_vector<float>();
  double square = 0;
  for (size_t i = 0; i < whole.size(); ++i)
    square += std::pow(seen[i] - whole[i], 2) / static_cast<double>(whole.size());
  CHECK(std::sqrt(square) == Approx(0.5).epsilon(0.1));
  CHECK_THROWS_AS(AutoencoderGame(linear_networks(false), {.mask = 1}, {}), UsageError);
}

TEST_CASE("kinds of the same images take rows by turns", "[gan][autoencoder]") {
  const auto images = [](float first) {
    std::vector<float> values(5);
    for (size_t i = 0; i < 5; ++i) values[i] = first + static_cast<float>(i);
    return Tensor::from(values, {5, 1, 1, 1});
  };
  CHECK(rows_by_turns({images(0), images(10)}, 2).to_vector<float>() ==
        std::vector<float>{0, 1, 10, 11, 2, 3, 12, 13});
  CHECK(rows_by_turns({images(0)}, 9).to_vector<float>() == std::vector<float>{0, 1, 2, 3, 4});
  CHECK_THROWS_AS(rows_by_turns({images(0), Tensor::zeros({5, 1, 2, 1})}, 2), ShapeError);
}
