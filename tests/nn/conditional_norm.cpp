// Batch normalisation by classes: formula, state, what training and evaluation make of it.
#include "nn/modules/conditional_norm.h"

#include <catch2/catch.hpp>

#include "autograd/gradcheck.h"
#include "autograd/ops.h"
#include "nn/modules.h"
#include "tests/gan/networks.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

/// Scale and shift away from 1 and 0.
template <class Layer>
std::shared_ptr<Layer> moved(const std::shared_ptr<Layer>& layer) {
  Generator random(3);
  layer->weight.set_value(random_normal(layer->weight.shape(), random));
  layer->bias.set_value(random_normal(layer->bias.shape(), random));
  return layer;
}

}  // namespace

TEST_CASE("each sample is scaled and shifted by its class", "[nn][conditional_norm]") {
  const auto layer = moved(nn::conditional_batch_norm2d(3, 4));
  const auto plain = nn::batch_norm2d(3, {.affine = false});
  const Variable x = noise({3, 3, 2, 5}), classes = labels({2, 0, 2});
  for (const bool training : {true, false}) {
    INFO(training);
    layer->train(training);
    plain->train(training);
    const auto normal = values_of((*plain)(x)), y = values_of((*layer)(x, classes));
    const auto weight = values_of(layer->weight), bias = values_of(layer->bias);
    const std::vector<size_t> of = {2, 0, 2};
    for (size_t i = 0; i < y.size(); ++i) {
      const size_t at = 3 * of[i / 30] + i / 10 % 3;
      CHECK(y[i] == Approx(normal[i] * weight[at] + bias[at]).margin(1e-6));
    }
  }
}

TEST_CASE("a conditional batch norm starts as one without affine, for all classes",
          "[nn][conditional_norm]") {
  const auto layer = moved(nn::conditional_batch_norm1d(3, 4));
  Generator random(1);
  layer->reset_parameters(random);
  const auto plain = nn::batch_norm1d(3, {.affine = false});
  const Variable x = noise({5, 3});
  CHECK(values_of((*layer)(x, labels({3, 1, 0, 0, 2}))) == values_of((*plain)(x)));
  CHECK(layers(*layer) == Names{"weight [4,3]", "bias [4,3]", "norm.running_mean [3]", "norm.running_var [3]",
                                "norm.num_batches_tracked []"});
}

TEST_CASE("gradients of a conditional batch norm", "[nn][conditional_norm]") {
  const auto layer = nn::conditional_batch_norm2d(2, 3);
  layer->to(DType::f64);
  const Variable classes = labels({1, 0, 1});
  const auto forward = [&](const Variables& in) {
    layer->weight = in[1];
    layer->bias = in[2];
    return Variables{square((*layer)(in[0], classes))};
  };
  const auto input = [](const Shape& shape) { return Variable(noise(shape, DType::f64).value(), true); };
  const Variables inputs = {input({3, 2, 2, 2}), input({3, 2}), input({3, 2})};
  CHECK_NOTHROW(gradcheck(forward, inputs));
  CHECK_NOTHROW(gradgradcheck(forward, inputs));
}

TEST_CASE("a conditional batch norm ends with the activation after it", "[nn][conditional_norm]") {
  const auto layer = moved(nn::conditional_batch_norm2d(3, 4));
  const auto net = nn::sequential(layer, nn::leaky_relu(0.2));
  const Variable x = noise({3, 3, 2, 5}), classes = labels({2, 0, 2});
  for (const bool training : {true, false}) {
    INFO(training);
    net->train(training);
    const Variable y = (*net)(x, classes);
    CHECK(values_of(y) == values_of(leaky_relu((*layer)(x, classes), 0.2)));
    CHECK_THROWS_AS((*net)(x), UsageError);
  }
}

TEST_CASE("a conditional batch norm refuses what has no classes", "[nn][conditional_norm]") {
  const auto layer = nn::conditional_batch_norm2d(3, 4);
  CHECK_THROWS_WITH((*layer)(noise({2, 3, 2, 2})), "a batch norm with a condition got none");
  CHECK_THROWS_WITH((*layer)(noise({2, 3, 2, 2}), labels({1})),
                    "conditional_batch_norm: classes [1] are not one for each sample of [2,3,2,2]");
  CHECK_THROWS_AS((*layer)(noise({2, 3, 2, 2}), labels({1, 4})), ShapeError);
  CHECK_THROWS_WITH((*layer)(noise({2, 4, 2, 2}), labels({1, 1})), Contains("does not have 3 channels"));
  CHECK_THROWS_WITH(nn::conditional_batch_norm2d(3, 0), "conditional_batch_norm: classes 0 must be positive");
}
