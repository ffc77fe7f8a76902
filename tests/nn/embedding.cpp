// The table of learned vectors: its names, shapes, gradient and initial values.
#include <catch2/catch.hpp>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "nn/modules.h"

using namespace saddle;
using Catch::Contains;

TEST_CASE("embedding gives a row of its table for each number, of any shape", "[nn]") {
  const auto layer = nn::embedding(3, 2);
  CHECK(layer->state_dict().size() == 1);
  CHECK(layer->state_dict()[0].first == "weight");
  layer->weight.set_value(Tensor::from<float>({1, 2, 3, 4, 5, 6}, {3, 2}));
  const Variable numbers = Tensor::from<int64_t>({2, 0, 2, 1}, {2, 2});
  const Variable y = (*layer)(numbers);
  CHECK(y.shape() == Shape{2, 2, 2});
  CHECK(y.value().to_vector<float>() == std::vector<float>{5, 6, 1, 2, 5, 6, 3, 4});
  CHECK((*layer)(Tensor::from<int64_t>({1}, {})).shape() == Shape{2});
  CHECK((*layer)(Tensor::zeros({0, 4}, DType::i64)).shape() == Shape{0, 4, 2});
}

TEST_CASE("a row of an embedding gathers the gradients of all its uses", "[nn]") {
  const auto layer = nn::embedding(3, 2);
  layer->weight.set_value(Tensor::zeros({3, 2}));
  const Variable y = (*layer)(Tensor::from<int64_t>({2, 0, 2}, {3}));
  backward(y, {.grad_outputs = {Tensor::from<float>({1, 2, 3, 4, 5, 6}, {3, 2})}});
  CHECK(layer->weight.grad().value().to_vector<float>() == std::vector<float>{3, 4, 0, 0, 6, 8});
}

TEST_CASE("an embedding starts with normal numbers", "[nn]") {
  const auto layer = nn::embedding(200, 50);
  Generator generator(5);
  layer->reset_parameters(generator);
  CHECK(mean(layer->weight).item() == Approx(0).margin(0.04));
  CHECK(var(layer->weight).item() == Approx(1).margin(0.06));
}

TEST_CASE("embedding refuses sizes, dtypes and numbers that it has no row for", "[nn]") {
  CHECK_THROWS_WITH(nn::embedding(0, 2), "embedding: sizes 0 and 2 must be positive");
  CHECK_THROWS_WITH(nn::embedding(3, -1), "embedding: sizes 3 and -1 must be positive");
  const auto layer = nn::embedding(3, 2);
  CHECK_THROWS_WITH((*layer)(Tensor::from<int64_t>({0, 3}, {2})),
                    Contains("index 3 at [1] is not in [0, 3)"));
  CHECK_THROWS_WITH((*layer)(Tensor::zeros({2})), Contains("index has dtype f32, not i64"));
}
