// Spectral normalisation: how large weights in use are, what power iteration does and when, gradients, names.
#include <catch2/catch.hpp>

#include "autograd/grad.h"
#include "autograd/gradcheck.h"
#include "autograd/ops.h"
#include "nn/modules.h"
#include "tests/nn/spectrum.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Contains;

namespace {

/// A layer, the same without normalisation, what it takes, and the axis of the output channels.
struct Case {
  std::string name;
  std::function<std::shared_ptr<nn::WeightedLayer>()> make;
  Variable x;
  int axis = 0;
};

Variable noise(const Shape& shape) {
  Generator random(3);
  return random_normal(shape, random, {.dtype = DType::f64});
}

std::vector<Case> cases() {
  return {
      {"linear", [] { return nn::linear(5, 4); }, noise({3, 5})},
      {"conv2d", [] { return nn::conv2d(4, 6, 3, {.groups = 2}); }, noise({2, 4, 5, 5})},
      {"conv_transpose2d", [] { return nn::conv_transpose2d(3, 5, 2, {.stride = 2}); }, noise({2, 3, 3, 3}),
       1},
      {"embedding", [] { return nn::embedding(6, 3); }, Tensor::from<int64_t>({5, 0, 5}, {3})},
  };
}

std::shared_ptr<nn::WeightedLayer> normalised(const Case& of) {
  const auto layer = nn::spectral_norm(of.make());
  Generator random(7);
  layer->reset_parameters(random);
  layer->to(DType::f64);
  return layer;
}

Eigen::VectorXd vector(const nn::Module& layer, const std::string& name) {
  return matrix_of(*find(layer.state_dict(), name), 0);
}

double distance(const Variable& a, const Variable& b) {
  return amax(abs(a.detach() - b.detach())).item();
}

}  // namespace

TEST_CASE("after warm-up no weight in use stretches a vector", "[nn][spectral_norm]") {
  for (const Case& of : cases()) {
    INFO(of.name);
    const auto layer = normalised(of);
    for (int i = 0; i < 100; ++i) (*layer)(of.x);
    const double sigma = sigma_of(layer->state_dict(), "", of.axis);
    CHECK(largest_singular_value(matrix_of(layer->weight.value(), of.axis)) / sigma ==
          Approx(1).epsilon(1e-2));

    // The weight in use is the trained one divided by that.
    layer->eval();
    const auto plain = of.make();
    plain->to(DType::f64);
    NamedTensors state = {{"weight", (layer->weight.detach() / sigma).value()}};
    if (const Tensor* bias = find(layer->state_dict(), "bias")) state.emplace_back("bias", *bias);
    plain->load_state_dict(state);
    CHECK(distance((*layer)(of.x), (*plain)(of.x)) < 1e-12);
  }
}

TEST_CASE("a forward in training takes one step of the power method, in evaluation none",
          "[nn][spectral_norm]") {
  for (const Case& of : cases()) {
    INFO(of.name);
    const auto layer = normalised(of);
    const Eigen::MatrixXd w = matrix_of(layer->weight.value(), of.axis);
    Eigen::VectorXd u = vector(*layer, "weight_u");
    CHECK(u.norm() == Approx(1));
    CHECK(vector(*layer, "weight_v").norm() == Approx(1));
    for (const bool training : {true, false, true}) {
      layer->train(training);
      const Variable y = (*layer)(of.x);
      if (training) {
        const Eigen::VectorXd v = (w.transpose() * u).normalized();
        u = (w * v).normalized();
        CHECK((vector(*layer, "weight_v") - v).norm() < 1e-6);
      }
      CHECK((vector(*layer, "weight_u") - u).norm() < 1e-6);
      layer->eval();
      CHECK(distance(y, (*layer)(of.x)) < 1e-12);
    }
  }
}

TEST_CASE("gradients of first and second order flow through sigma", "[nn][spectral_norm]") {
  for (const Case& of : cases()) {
    INFO(of.name);
    const auto layer = normalised(of);
    layer->eval();
    const auto forward = [&](const Variables& inputs) {
      layer->weight = inputs[0];
      return Variables{square((*layer)(inputs.size() > 1 ? inputs[1] : of.x))};
    };
    Variables inputs = {Variable(layer->weight.value().clone(), true)};
    if (of.name != "embedding") inputs.emplace_back(of.x.value(), true);
    CHECK_NOTHROW(gradcheck(forward, inputs));
    CHECK_NOTHROW(gradgradcheck(forward, inputs));
  }
}

TEST_CASE("several forwards may wait for one backward", "[nn][spectral_norm]") {
  const Case of = cases()[1];
  const auto together = normalised(of), apart = normalised(of);
  const auto loss = [&](nn::Module& layer, double times) { return sum(square(layer(of.x * times))); };
  const Variable first = loss(*together, 1), second = loss(*together, 2);
  backward(first + second);
  backward(loss(*apart, 1));
  backward(loss(*apart, 2));
  CHECK(distance(together->weight.grad(), apart->weight.grad()) < 1e-9);
}

TEST_CASE("the state has PyTorch's names", "[nn][spectral_norm]") {
  const auto net = nn::sequential(nn::conv2d(2, 3, 3), nn::batch_norm2d(3), nn::flatten(), nn::linear(3, 1));
  nn::spectral_norm_(*net);
  nn::spectral_norm_(*net);  // does no more
  std::vector<std::string> names;
  for (const auto& [name, tensor] : net->state_dict())
    if (!name.starts_with("1.")) names.push_back(name + tensor.shape().str());
  CHECK(names == std::vector<std::string>{"0.bias[3]", "0.weight_orig[3,2,3,3]", "0.weight_u[3]",
                                          "0.weight_v[18]", "3.bias[1]", "3.weight_orig[1,3]",
                                          "3.weight_u[1]", "3.weight_v[3]"});
  CHECK(net->named_parameters()[1].first == "0.weight_orig");
  CHECK(std::isnan(sum(find(net->state_dict(), "0.weight_u")->clone()).item()));
}

TEST_CASE("what spectral normalisation refuses", "[nn][spectral_norm]") {
  const auto layer = nn::spectral_norm(nn::linear(2, 2));
  CHECK(layer->has_normalised_spectrum());
  CHECK_THROWS_WITH(nn::spectral_norm(layer), "spectral_norm: the layer's weight is normalised already");
  CHECK_THROWS_WITH(nn::spectral_norm(nn::linear(2, 2), {.iterations = 0}), "spectral_norm: 0 iterations");
  CHECK_THROWS_WITH(nn::spectral_norm(nn::linear(2, 2), {.eps = 0}), "spectral_norm: eps 0 is not above 0");
}
