// Initial values: their moments, their bounds, and that the seed alone decides them.
#include "nn/init.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "autograd/ops.h"
#include "nn/modules.h"

using namespace saddle;
using Catch::Contains;
namespace init = nn::init;

namespace {

struct Moments {
  double mean = 0, std = 0, low = 0, high = 0;
};

Moments moments(const Variable& w) {
  const auto x = cast(w.detach(), DType::f64).value().to_vector<double>();
  Moments m{.low = *std::min_element(x.begin(), x.end()), .high = *std::max_element(x.begin(), x.end())};
  for (const double v : x) m.mean += v / static_cast<double>(x.size());
  for (const double v : x) m.std += (v - m.mean) * (v - m.mean) / static_cast<double>(x.size());
  m.std = std::sqrt(m.std);
  return m;
}

Variable weight(const Shape& shape, DType dtype = DType::f32) {
  return Tensor::empty(shape, dtype);
}

const Shape conv{256, 64, 3, 3};  // fan_in 576, fan_out 2304

/// Within what chance allows of the uniform distribution of this standard deviation.
void check_uniform(const Variable& w, double std) {
  const Moments m = moments(w);
  const double bound = std::sqrt(3.0) * std;
  CHECK(std::abs(m.mean) < 0.02 * std);
  CHECK(m.std == Approx(std).epsilon(0.01));
  CHECK(m.low >= -bound);
  CHECK(m.high <= bound);
  CHECK(m.high > 0.999 * bound);
}

void check_normal(const Variable& w, double mean, double std) {
  const Moments m = moments(w);
  CHECK(std::abs(m.mean - mean) < 0.02 * std);
  CHECK(m.std == Approx(std).epsilon(0.01));
  CHECK(m.high > mean + 3.5 * std);
  CHECK(m.low < mean - 3.5 * std);
}

}  // namespace

TEST_CASE("constants", "[nn][init]") {
  const Variable w = weight({2, 3});
  init::ones_(w);
  CHECK(w.value().to_vector<float>() == std::vector<float>(6, 1));
  init::zeros_(w);
  CHECK(w.value().to_vector<float>() == std::vector<float>(6, 0));
  init::constant_(w, 2.5);
  CHECK(w.value().to_vector<float>() == std::vector<float>(6, 2.5));
}

TEST_CASE("distributions have their moments", "[nn][init]") {
  for (const DType dtype : {DType::f32, DType::f64}) {
    Generator generator(1);
    const Variable w = weight(conv, dtype);
    init::normal_(w, generator, 1, 0.02);
    check_normal(w, 1, 0.02);
    init::uniform_(w, generator, -0.5, 0.5);
    check_uniform(w, 1 / std::sqrt(12.0));
    init::xavier_normal_(w, generator, 2);
    check_normal(w, 0, 2 * std::sqrt(2 / 2880.0));
    init::xavier_uniform_(w, generator);
    check_uniform(w, std::sqrt(2 / 2880.0));
    init::kaiming_normal_(w, generator);
    check_normal(w, 0, std::sqrt(2 / 576.0));
    init::kaiming_normal_(w, generator, {.mode = init::FanMode::fan_out});
    check_normal(w, 0, std::sqrt(2 / 2304.0));
    init::kaiming_uniform_(w, generator, {.a = 0.2});
    check_uniform(w, std::sqrt(2 / 1.04 / 576));
    init::kaiming_uniform_(w, generator, {.nonlinearity = init::Nonlinearity::tanh});
    check_uniform(w, 5.0 / 3 / std::sqrt(576.0));
  }
}

TEST_CASE("gains", "[nn][init]") {
  CHECK(init::gain(init::Nonlinearity::linear) == 1);
  CHECK(init::gain(init::Nonlinearity::sigmoid) == 1);
  CHECK(init::gain(init::Nonlinearity::tanh) == Approx(5.0 / 3));
  CHECK(init::gain(init::Nonlinearity::relu) == Approx(std::sqrt(2.0)));
  CHECK(init::gain(init::Nonlinearity::leaky_relu, 0.2) == Approx(std::sqrt(2 / 1.04)));
}

TEST_CASE("layers start as PyTorch's do", "[nn][init]") {
  Generator generator(2);
  const auto linear = nn::linear(400, 300);
  linear->reset_parameters(generator);
  check_uniform(linear->weight, 1 / std::sqrt(3 * 400.0));
  CHECK(moments(linear->bias).high <= 0.05);
  CHECK(moments(linear->bias).high > 0.045);
  const auto conv2d = nn::conv2d(64, 256, 3);
  conv2d->reset_parameters(generator);
  check_uniform(conv2d->weight, 1 / std::sqrt(3 * 576.0));
  CHECK(std::abs(moments(conv2d->bias).low) <= 1 / 24.0);
  const auto up = nn::conv_transpose2d(64, 256, 3);  // its fan_in counts output channels, as PyTorch's does
  up->reset_parameters(generator);
  check_uniform(up->weight, 1 / std::sqrt(3 * 2304.0));
}

TEST_CASE("orthogonal weights are orthonormal", "[nn][init]") {
  Generator generator(3);
  for (const Shape& shape : {Shape{8, 3, 2, 2}, Shape{5, 40}, Shape{6, 6}, Shape{1, 7}, Shape{40, 5}}) {
    INFO(shape);
    const Variable w = weight(shape, DType::f64);
    init::orthogonal_(w, generator, 2);
    const int64_t rows = shape[0], columns = shape.numel() / rows;
    const Variable m = reshape(w, {rows, columns});
    const Variable product =
        rows <= columns ? matmul(m, m, {.trans_b = true}) : matmul(m, m, {.trans_a = true});
    const int64_t n = std::min(rows, columns);
    REQUIRE(product.shape() == Shape{n, n});
    const auto values = product.value().to_vector<double>();
    for (int64_t i = 0; i < n * n; ++i)
      CHECK(std::abs(values[static_cast<size_t>(i)] - (i / n == i % n ? 4 : 0)) < 1e-12);
  }
}

TEST_CASE("the seed alone decides", "[nn][init]") {
  const auto draw = [](uint64_t seed) {
    Generator generator(seed);
    const auto net = nn::sequential(nn::linear(7, 9), nn::conv2d(3, 5, 3));
    net->reset_parameters(generator);
    init::orthogonal_(net->parameters()[0], generator);
    std::vector<float> all;
    for (const Variable& p : net->parameters())
      for (const float v : p.value().to_vector<float>()) all.push_back(v);
    return all;
  };
  CHECK(draw(1) == draw(1));
  CHECK(draw(1) != draw(2));
}

TEST_CASE("initialisers refuse what they cannot do", "[nn][init]") {
  Generator generator(1);
  CHECK_THROWS_WITH(init::xavier_normal_(weight({4}), generator), "fans: weight [4] has fewer than 2 axes");
  CHECK_THROWS_WITH(init::orthogonal_(weight({4}), generator), Contains("orthogonal_: weight [4]"));
  CHECK_THROWS_WITH(init::normal_(weight({4}), generator, 0, -1), Contains("standard deviation -1"));
  CHECK_THROWS_WITH(init::uniform_(weight({4}), generator, 1, 0), "uniform_: low 1 is above high 0");
  CHECK_THROWS_AS(init::normal_(weight({4}, DType::i64), generator), ShapeError);
}
