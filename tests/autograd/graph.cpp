// The graph itself: what is recorded, walked, kept and freed. The derivatives of ops are in tests/ops.
#include <catch2/catch.hpp>

#include "autograd/grad.h"
#include "autograd/gradcheck.h"
#include "autograd/graph.h"
#include "autograd/ops.h"
#include "core/allocator.h"

using namespace saddle;
using Catch::Contains;

namespace {

Variable leaf(std::vector<double> values, bool requires_grad = true) {
  const Shape shape{static_cast<int64_t>(values.size())};
  return Variable(Tensor::from(values, shape), requires_grad);
}

std::vector<double> values(const Variable& x) {
  return x.value().to_vector<double>();
}

}  // namespace

TEST_CASE("gradients of any order", "[autograd]") {
  const Variable x = leaf({2});
  Variable y = pow(x, 5);
  for (const double expected : {80., 160., 240., 240., 120., 0.}) {
    y = grad({y}, {x}, {.create_graph = true, .allow_unused = true})[0];
    if (expected == 0) {
      CHECK((!y.defined() || y.item() == 0));
      break;
    }
    CHECK(y.item() == Approx(expected));
  }
}

TEST_CASE("a variable used twice gathers both gradients", "[autograd]") {
  const Variable x = leaf({3});
  const Variable y = x * x + x;
  CHECK(values(grad({y}, {x})[0]) == std::vector<double>{7});
}

TEST_CASE("several outputs, intermediate inputs", "[autograd]") {
  const Variable x = leaf({1, 2}), h = 3 * x;
  const Variable a = square(h), b = -h;
  const Variables g = grad({sum(a), sum(b)}, {h, x});
  CHECK(values(g[0]) == std::vector<double>{5, 11});
  CHECK(values(g[1]) == std::vector<double>{15, 33});
}

TEST_CASE("grad_outputs weigh the outputs", "[autograd]") {
  const Variable x = leaf({1, 2});
  const Variable y = square(x);
  CHECK(values(grad({y}, {x}, {.grad_outputs = {leaf({1, 10}, false)}})[0]) == std::vector<double>{2, 40});
  CHECK_THROWS_WITH(grad({square(x)}, {x}), Contains("an output of shape [2] needs grad_outputs"));
  CHECK_THROWS_WITH(grad({square(x)}, {x}, {.grad_outputs = {leaf({1}, false)}}),
                    Contains("output 0 is f64[2], its grad_output f64[1]"));
}

TEST_CASE("backward gathers in leaves, until zero_grad", "[autograd]") {
  Variable w = leaf({2}), frozen = leaf({5}, false);
  backward(w * frozen);
  backward(w * w);
  CHECK(values(w.grad()) == std::vector<double>{9});
  CHECK_FALSE(frozen.grad().defined());
  w.zero_grad();
  CHECK_FALSE(w.grad().defined());
  CHECK_THROWS_WITH(backward(frozen * frozen),
                    Contains("does not depend on anything that requires a gradient"));
}

TEST_CASE("what does not depend is refused or undefined", "[autograd]") {
  const Variable x = leaf({1}), other = leaf({1}), constant = leaf({1}, false);
  CHECK_THROWS_WITH(grad({x * x}, {other}), Contains("no output depends on input 0 of shape [1]"));
  CHECK_THROWS_WITH(grad({x * x}, {constant}), Contains("does not require a gradient"));
  CHECK_FALSE(grad({x * x}, {other}, {.allow_unused = true})[0].defined());
}

TEST_CASE("recording stops under NoGrad and at detach", "[autograd]") {
  const Variable x = leaf({3});
  {
    const NoGrad no_grad;
    CHECK_FALSE((x * x).requires_grad());
  }
  CHECK((x * x).requires_grad());
  const Variable y = (x * x).detach() * x;
  CHECK(values(grad({y}, {x})[0]) == std::vector<double>{9});
}

TEST_CASE("a walked graph is freed unless it is kept", "[autograd]") {
  const Variable x = leaf({3});
  const Variable y = x * x;
  grad({y}, {x}, {.retain_graph = true});
  grad({y}, {x});
  CHECK_THROWS_WITH(grad({y}, {x}),
                    Contains("mul: the graph was freed by an earlier walk; pass retain_graph"));
}

TEST_CASE("gradients that nobody asked for are not computed", "[autograd]") {
  // A vjp that counts what it is asked for.
  static const Op op("test:probe");
  std::vector<bool> asked;
  const Variable w = leaf({2}), frozen = leaf({5}, false), x = leaf({7});
  const auto probe = [&](const Variable& a, const Variable& b, const Variable& c) {
    return record(op, a.value(), {a, b, c}, keep_nothing, [&](const Vjp& v) -> Variables {
      asked = {v.needs(0), v.needs(1), v.needs(2)};
      return {v.gy, Variable(), v.gy};
    });
  };
  backward(probe(w, frozen, x));
  CHECK(asked == std::vector<bool>{true, false, true});
  grad({probe(w, frozen, x)}, {x});
  CHECK(asked == std::vector<bool>{false, false, true});
}

TEST_CASE("an op keeps nothing for gradients that are not wanted", "[autograd]") {
  const Variable frozen(Tensor::zeros({1 << 20})), w(Tensor::zeros({1 << 20}), true);
  const auto in_use = [] { return allocator({}).stats().bytes_in_use; };
  const size_t without = in_use();
  Variable activation = Tensor::zeros({1 << 20});
  const size_t before = in_use(), one_tensor = before - without;
  Variable y = activation * w;  // w's gradient reads the activation, which nobody wants a gradient of
  activation = {};
  CHECK(in_use() == before + one_tensor);
  y = {};
  CHECK(in_use() == without);
}

TEST_CASE("memory is freed as the graph is walked", "[autograd]") {
  const Variable x(Tensor::full({1 << 18}, 1.0), true);
  const size_t before = allocator({}).stats().bytes_in_use;
  Variable y = x;
  for (int i = 0; i < 32; ++i) y = tanh(y);
  const Variable loss = sum(y);
  y = {};
  allocator({}).reset_peak();
  const size_t forward = allocator({}).stats().bytes_in_use;
  const Variables g = grad({loss}, {x});
  CHECK(allocator({}).stats().bytes_peak < forward + (4 << 20));
  CHECK(allocator({}).stats().bytes_in_use < before + (3 << 20));
}

TEST_CASE("a very long chain is walked and destroyed without recursion", "[autograd]") {
  const Variable x = leaf({1});
  Variable y = x;
  for (int i = 0; i < 200000; ++i) y = affine(y, 1, 1e-6);
  CHECK(values(grad({y}, {x})[0]) == std::vector<double>{1});
  Variable unwalked = x;
  for (int i = 0; i < 200000; ++i) unwalked = affine(unwalked, 1, 1e-6);
  unwalked = {};
  CHECK(x.item() == 1);
}

TEST_CASE("the gradient check finds wrong gradients", "[autograd]") {
  static const Op op("test:wrong");
  const auto wrong = [](double factor) {
    return [factor](const Variables& v) -> Variables {
      return {record(op, square(v[0].detach()).value(), {v[0]}, keep_input,
                     [factor](const Vjp& g) -> Variables { return {factor * g.gy * g.input(0)}; })};
    };
  };
  const Variable x = leaf({0.5, -1.5});
  CHECK_NOTHROW(gradcheck(wrong(2), {x}));
  CHECK_THROWS_WITH(gradcheck(wrong(2.01), {x}), Contains("d output 0[0] / d input 0[0]"));
  CHECK_THROWS_AS(gradcheck(wrong(0), {x}), Error);
  // A gradient cut off from its input is right in first order and wrong in second.
  const auto cut = [](const Variables& v) -> Variables {
    return {record(op, square(v[0].detach()).value(), {v[0]}, keep_input,
                   [](const Vjp& g) -> Variables { return {2 * g.gy * g.input(0).detach()}; })};
  };
  CHECK_NOTHROW(gradcheck(cut, {x}));
  CHECK_THROWS_AS(gradgradcheck(cut, {x}), Error);
}

TEST_CASE("vjp_by_composition differentiates the composed form, to any order", "[autograd]") {
  static const Op op("test:fused");
  const auto fused = [](const Variables& v) -> Variables {
    const auto composed = [](const Variables& u) { return tanh(u[0]) * square(u[1]); };
    Tensor y;
    {
      const NoGrad no_grad;
      y = composed(v).value();
    }
    return {record(op, y, v, keep_all(2), vjp_by_composition(composed))};
  };
  const Variable x = leaf({0.3, -0.7}), w = leaf({1.5, 0.5});
  CHECK_NOTHROW(gradcheck(fused, {x, w}));
  CHECK_NOTHROW(gradgradcheck(fused, {x, w}));
  // One input depends on the other: partial derivatives must stay partial.
  CHECK_NOTHROW(gradgradcheck([&](const Variables& v) { return fused({v[0], 2 * v[0]}); }, {x}));
}

TEST_CASE("variables refuse misuse", "[autograd]") {
  CHECK_THROWS_WITH(Variable(Tensor::zeros({2}, DType::i64), true),
                    Contains("dtype i64 cannot have a gradient"));
  Variable y = leaf({1}) * leaf({2});
  CHECK_THROWS_WITH(y.requires_grad_(false), Contains("only for leaves"));
  Variable x = leaf({1});
  CHECK_THROWS_WITH(x.set_value(Tensor::zeros({2}, DType::f64)), Contains("f64[2] does not match f64[1]"));
  CHECK_THROWS_WITH(Variable().value(), Contains("undefined"));
}
