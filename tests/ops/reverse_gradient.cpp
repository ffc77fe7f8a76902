// The op whose gradient is not its derivative, which the op table's central differences therefore leave out.
#include <catch2/catch.hpp>

#include "autograd/grad.h"
#include "tests/ops/record.h"

using namespace saddle;
using namespace saddle::test;

namespace {

Sample reversed(const Shape& shape) {
  return {.name = shape.str(),
          .inputs = {{.shape = shape, .differentiable = false}, {.shape = {}, .differentiable = false}},
          .run = [](const Variables& v) { return reverse_gradient(v[0], v[1]); },
          .reference = [](const std::vector<Array>& x) { return x[0]; },
          .gradient = false};
}

const Records records([](auto add) {
  add({.op = "reverse_gradient",
       .samples = {reversed({3, 5}), reversed({})},
       .refusals = {
           {"strength", [] { reverse_gradient(zeros({2}), zeros({2})); }, "strength [2] is not a scalar"},
           {"dtypes", [] { reverse_gradient(zeros({2}), zeros({}, DType::f64)); }, "differ"},
           {"integers", [] { reverse_gradient(zeros({2}, DType::i64), zeros({}, DType::i64)); },
            "is not f32 or f64"}}});
});

}  // namespace

TEST_CASE("a reversed gradient comes back times -strength", "[autograd]") {
  const Variable x(Tensor::from(std::vector{1.0f, -2.0f, 3.0f}, {3}), true);
  const Variable strength = Tensor::full({}, 0.25);
  const Variable y = reverse_gradient(x, strength);
  CHECK(y.value().to_vector<float>() == x.value().to_vector<float>());
  const Variable gx = grad({sum(y * y * y)}, {x}, {.create_graph = true})[0];  // -0.25 * 3 x^2
  CHECK(gx.value().to_vector<float>() == std::vector{-0.75f, -3.0f, -6.75f});
  // The gradient of 3 y^2 comes back through the layer, too: -0.25 times (-0.25 * 6 y).
  const Variable ggx = grad({sum(gx)}, {x})[0];
  CHECK(ggx.value().to_vector<float>() == std::vector{0.375f, -0.75f, 1.125f});
}
