// Normalisation layers against plain formulas: values, running statistics, modes.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "nn/init.h"
#include "nn/modules.h"

using namespace saddle;
using Catch::Contains;

namespace {

struct Statistics {
  double mean = 0, var = 0;  // of the values themselves
};

Variable input(const Shape& shape, uint64_t seed) {
  const Variable x = Tensor::empty(shape, DType::f64);
  Generator generator(seed);
  nn::init::normal_(x, generator, 0.5, 2);
  return x;
}

/// Of channel c of [N, C, positions...].
Statistics statistics(const Variable& x, int64_t c) {
  const auto values = x.value().to_vector<double>();
  const int64_t channels = x.size(1), positions = x.numel() / x.size(0) / channels;
  std::vector<double> own;
  for (int64_t i = 0; i < x.numel(); ++i)
    if (i / positions % channels == c) own.push_back(values[static_cast<size_t>(i)]);
  Statistics s;
  for (const double v : own) s.mean += v / static_cast<double>(own.size());
  for (const double v : own) s.var += (v - s.mean) * (v - s.mean) / static_cast<double>(own.size());
  return s;
}

/// y against (x - mean) / sqrt(var + eps) * weight + bias with given statistics a channel.
void check_normalised(const Variable& x, const Variable& y, const std::vector<Statistics>& stats,
                      const std::vector<double>& weight, const std::vector<double>& bias, double eps) {
  REQUIRE(y.shape() == x.shape());
  const auto from = x.value().to_vector<double>(), to = y.value().to_vector<double>();
  const int64_t channels = x.size(1), positions = x.numel() / x.size(0) / channels;
  for (size_t i = 0; i < from.size(); ++i) {
    const auto c = static_cast<size_t>(static_cast<int64_t>(i) / positions % channels);
    const double expected = (from[i] - stats[c].mean) / std::sqrt(stats[c].var + eps) * weight[c] + bias[c];
    CHECK(to[i] == Approx(expected).margin(1e-12));
  }
}

template <class Layer>
void check_batch_norm(const std::shared_ptr<Layer>& layer, const Shape& shape) {
  layer->to(DType::f64);
  const std::vector<double> weight = {1.5, -0.5, 2}, bias = {0.25, 0, -1};
  layer->weight.set_value(Tensor::from(weight, {3}));
  layer->bias.set_value(Tensor::from(bias, {3}));
  std::vector<Statistics> running(3, {0, 1});
  for (const uint64_t seed : {1, 2, 3}) {
    const Variable x = input(shape, seed);
    std::vector<Statistics> batch;
    const auto n = static_cast<double>(x.numel() / 3);
    for (int64_t c = 0; c < 3; ++c) {
      batch.push_back(statistics(x, c));
      Statistics& r = running[static_cast<size_t>(c)];
      r.mean = 0.9 * r.mean + 0.1 * batch.back().mean;
      r.var = 0.9 * r.var + 0.1 * batch.back().var * n / (n - 1);
    }
    check_normalised(x, (*layer)(x), batch, weight, bias, 1e-5);
  }
  for (size_t c = 0; c < 3; ++c) {
    CHECK(layer->running_mean.template to_vector<double>()[c] == Approx(running[c].mean));
    CHECK(layer->running_var.template to_vector<double>()[c] == Approx(running[c].var));
  }
  CHECK(layer->num_batches_tracked.item() == 3);

  layer->eval();
  const Variable x = input(shape, 4);
  check_normalised(x, (*layer)(x), running, weight, bias, 1e-5);
  CHECK(layer->num_batches_tracked.item() == 3);

  Generator generator(1);
  layer->reset_parameters(generator);
  CHECK(layer->weight.value().template to_vector<double>() == std::vector<double>(3, 1));
  CHECK(layer->running_var.template to_vector<double>() == std::vector<double>(3, 1));
  CHECK(layer->num_batches_tracked.item() == 0);
}

}  // namespace

TEST_CASE("batch norm in training and evaluation", "[nn][norm]") {
  check_batch_norm(nn::batch_norm2d(3), {4, 3, 5, 2});
  check_batch_norm(nn::batch_norm1d(3), {6, 3});
  check_batch_norm(nn::batch_norm1d(3), {2, 3, 7});
}

TEST_CASE("batch norm's names, options and refusals", "[nn][norm]") {
  const auto layer = nn::batch_norm2d(3);
  std::string names;
  for (const auto& [name, tensor] : layer->state_dict()) names += name + " ";
  CHECK(names == "weight bias running_mean running_var num_batches_tracked ");
  CHECK(nn::batch_norm2d(3, {.affine = false})->parameters().empty());
  const auto untracked = nn::batch_norm2d(3, {.track_running_stats = false});
  CHECK(untracked->named_buffers().empty());
  untracked->to(DType::f64);
  untracked->eval();
  const Variable x = input({4, 3, 2, 2}, 1);
  check_normalised(x, (*untracked)(x), {statistics(x, 0), statistics(x, 1), statistics(x, 2)}, {1, 1, 1},
                   {0, 0, 0}, 1e-5);

  CHECK_THROWS_WITH((*layer)(Tensor::zeros({2, 4, 2, 2})),
                    Contains("batch_norm2d: input [2,4,2,2] does not have 3 channels in axis 1 of 4 axes"));
  CHECK_THROWS_WITH((*layer)(Tensor::zeros({2, 3})), Contains("batch_norm2d: input [2,3]"));
  CHECK_THROWS_WITH((*nn::batch_norm1d(3))(Tensor::zeros({2, 3, 1, 1})), Contains("of 2 or 3 axes"));
  CHECK_THROWS_WITH((*layer)(Tensor::zeros({1, 3, 1, 1})), Contains("[1,3,1,1] has one value a channel"));
  CHECK_THROWS_WITH(nn::batch_norm2d(0), Contains("batch_norm2d: channels 0"));
  CHECK_THROWS_WITH(nn::batch_norm2d(3, {.momentum = 2}), Contains("momentum 2 is not in [0, 1]"));
}

TEST_CASE("a frozen batch norm in training still passes gradients on", "[nn][norm]") {
  const auto layer = nn::batch_norm2d(3);
  layer->requires_grad_(false);
  Variable x = cast(input({4, 3, 2, 2}, 1), DType::f32);
  x.requires_grad_(true);
  backward(sum(square((*layer)(x)-1)));
  CHECK(x.grad().defined());
  CHECK(!layer->weight.grad().defined());
}

TEST_CASE("batch norm in evaluation passes gradients on and changes no statistics", "[nn][norm]") {
  const auto layer = nn::batch_norm2d(3);
  layer->eval();
  const Variable x(cast(input({4, 3, 2, 2}, 1), DType::f32).value(), true);
  backward(sum(square((*layer)(x))));
  CHECK(x.grad().defined());
  CHECK(layer->weight.grad().defined());
  CHECK(layer->num_batches_tracked.item() == 0);
}

TEST_CASE("batch norm keeps running statistics of f32 batches with a mean far above the deviation",
          "[nn][norm]") {
  const auto layer = nn::batch_norm2d(1, {.momentum = 1});
  const Variable x = cast(input({8, 1, 16, 16}, 1) + 1000, DType::f32);
  (*layer)(x);
  const Statistics s = statistics(cast(x, DType::f64), 0);
  CHECK(layer->running_mean.item() == Approx(s.mean).epsilon(1e-7));
  CHECK(layer->running_var.item() == Approx(s.var * 2048 / 2047).epsilon(1e-6));
}

TEST_CASE("batch norm hides no infinities", "[nn][norm]") {
  const double inf = std::numeric_limits<double>::infinity();
  NormStatistics taken;
  batch_norm(Tensor::from<double>({1, 2, 3, 4, inf, 5}, {3, 2}), {}, {}, 1e-5, &taken);
  CHECK(std::isnan(taken.var.to_vector<double>()[0]));
  CHECK(taken.var.to_vector<double>()[1] == Approx(14.0 / 9));
}

TEST_CASE("instance norm takes each sample's channels for themselves", "[nn][norm]") {
  const auto layer = nn::instance_norm2d(3);
  CHECK(layer->state_dict().empty());
  const Variable x = input({2, 3, 4, 5}, 1), y = (*layer)(x);
  const Shape apart{1, 6, 4, 5};
  std::vector<Statistics> stats;
  for (int64_t c = 0; c < 6; ++c) stats.push_back(statistics(reshape(x, apart), c));
  check_normalised(reshape(x, apart), reshape(y, apart), stats, std::vector<double>(6, 1),
                   std::vector<double>(6, 0), 1e-5);
  layer->eval();
  CHECK((*layer)(x).value().to_vector<double>() == y.value().to_vector<double>());

  CHECK(nn::instance_norm2d(3, {.affine = true})->weight.shape() == Shape{3});
  CHECK_THROWS_WITH(
      (*layer)(Tensor::zeros({2, 4, 2, 2})),
      Contains("instance_norm2d: input [2,4,2,2] does not have 3 channels in axis 1 of 4 axes"));
  CHECK_THROWS_WITH((*layer)(Tensor::zeros({2, 3, 1, 1})), Contains("[2,3,1,1] has one value a channel"));
  CHECK_THROWS_WITH(nn::instance_norm2d(0), Contains("instance_norm2d: channels 0 must be positive"));
  CHECK_THROWS_WITH(nn::instance_norm2d(3, {.eps = -1}), Contains("instance_norm2d: eps -1"));
}

TEST_CASE("layer norm and group norm", "[nn][norm]") {
  const auto layer = nn::layer_norm({4, 5});
  layer->to(DType::f64);
  const Variable x = input({3, 4, 5}, 1);
  const Shape rows{1, 3, 20};
  std::vector<Statistics> stats;
  for (int64_t c = 0; c < 3; ++c) stats.push_back(statistics(reshape(x, rows), c));
  check_normalised(reshape(x, rows), reshape((*layer)(x), rows), stats, {1, 1, 1}, {0, 0, 0}, 1e-5);
  CHECK(layer->weight.shape() == Shape{4, 5});
  CHECK(nn::layer_norm({4}, {.affine = false})->parameters().empty());
  CHECK_THROWS_WITH((*layer)(Tensor::zeros({4, 4})),
                    Contains("layer_norm: input [4,4] does not end in [4,5]"));
  CHECK_THROWS_WITH(nn::layer_norm({}), Contains("layer_norm: no axes to normalise over"));

  const auto groups = nn::group_norm(2, 4);
  groups->to(DType::f64);
  const Variable z = input({3, 4, 5}, 2);
  const Shape apart{1, 6, 10};
  stats.clear();
  for (int64_t c = 0; c < 6; ++c) stats.push_back(statistics(reshape(z, apart), c));
  check_normalised(reshape(z, apart), reshape((*groups)(z), apart), stats, std::vector<double>(6, 1),
                   std::vector<double>(6, 0), 1e-5);
  CHECK(groups->bias.shape() == Shape{4});
  CHECK_THROWS_WITH((*groups)(Tensor::zeros({3, 6})),
                    Contains("group_norm: input [3,6] does not have 4 channels in axis 1"));
  CHECK_THROWS_WITH(nn::group_norm(3, 4), Contains("group_norm: groups 3 do not divide channels 4"));
}

TEST_CASE("pixel norm gives every pixel the length sqrt(C)", "[nn][norm]") {
  const Variable y = (*nn::pixel_norm())(input({2, 5, 3, 3}, 1));
  for (const double squares : sum(square(y), {1}).value().to_vector<double>()) CHECK(squares == Approx(5));
  CHECK_THROWS_WITH(nn::pixel_norm(-1), Contains("pixel_norm: eps -1"));
}

TEST_CASE("the names of a DCGAN are those of the same network in PyTorch", "[nn]") {
  const auto generator =
      nn::sequential(nn::conv_transpose2d(100, 16, 4, {.bias = false}), nn::batch_norm2d(16), nn::relu(),
                     nn::conv_transpose2d(16, 3, 4, {.stride = 2, .padding = 1, .bias = false}), nn::tanh());
  const auto discriminator = nn::sequential(nn::conv2d(3, 8, 4, {.stride = 2, .padding = 1}),
                                            nn::leaky_relu(0.2), nn::flatten(), nn::linear(128, 1));
  const std::vector<std::pair<std::string, Shape>> expected = {{"0.weight", {100, 16, 4, 4}},
                                                               {"1.weight", {16}},
                                                               {"1.bias", {16}},
                                                               {"1.running_mean", {16}},
                                                               {"1.running_var", {16}},
                                                               {"1.num_batches_tracked", {}},
                                                               {"3.weight", {16, 3, 4, 4}},
                                                               {"0.weight", {8, 3, 4, 4}},
                                                               {"0.bias", {8}},
                                                               {"3.weight", {1, 128}},
                                                               {"3.bias", {1}}};
  NamedTensors all = generator->state_dict();
  for (const auto& entry : discriminator->state_dict()) all.push_back(entry);
  REQUIRE(all.size() == expected.size());
  for (size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].first == expected[i].first);
    CHECK(all[i].second.shape() == expected[i].second);
    CHECK(all[i].second.dtype() == (all[i].first == "1.num_batches_tracked" ? DType::i64 : DType::f32));
  }
  Generator random(1);
  generator->reset_parameters(random);
  discriminator->reset_parameters(random);
  const Variable z = Tensor::zeros({2, 100, 1, 1});
  CHECK((*discriminator)((*generator)(z)).shape() == Shape{2, 1});
}
