// Layers that end with the activation after them, as Sequential has them do, against the two one after
// another.
#include "nn/modules/activated.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "nn/modules.h"

using namespace saddle;
using nn::sequential;

namespace {

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && std::memcmp(a.raw(), b.raw(), a.nbytes()) == 0;
}

/// As Sequential did it without knowing of activations.
Variable one_by_one(const nn::Sequential& net, Variable x) {
  for (int64_t i = 0; i < net.size(); ++i) x = net[i](x);
  return x;
}

struct Result {
  Variable y;
  Variables gradients, second;  // of the input first, then of the parameters
};

template <class F>
Result result_of(nn::Sequential& net, const Tensor& x, F&& forward) {
  Generator seeds(7);
  const Variable input(x, true);
  Variables wanted = {input};
  for (const Variable& parameter : net.parameters()) wanted.push_back(parameter);
  Result r;
  r.y = forward(input);
  const Variable seed = random_normal(r.y.shape(), seeds);
  r.gradients = grad({r.y}, wanted, {.grad_outputs = {seed}, .create_graph = true});
  r.second = grad({sum(square(r.gradients[0]))}, wanted, {.allow_unused = true});
  return r;
}

void check_alike(const Variable& a, const Variable& b, bool to_the_bit) {
  REQUIRE(a.defined() == b.defined());
  if (!a.defined()) return;
  if (to_the_bit) {
    CHECK(same_bytes(a.value(), b.value()));
    return;
  }
  const auto of_a = a.value().to_vector<float>(), of_b = b.value().to_vector<float>();
  for (size_t i = 0; i < of_a.size(); ++i) CHECK(of_a[i] == Approx(of_b[i]).epsilon(1e-5).margin(1e-5));
}

struct Net {
  const char* name;
  std::shared_ptr<nn::Sequential> layers;
  Shape input;
  bool sums_bias = false;  // by the kernel of bias and activation, in an order of its own
};

std::vector<Net> nets() {
  return {{"batch norm, relu", sequential(nn::batch_norm2d(5), nn::relu()), {3, 5, 6, 7}},
          {"batch norm, leaky relu, few positions",
           sequential(nn::batch_norm2d(5), nn::leaky_relu(0.2)),
           {3, 5, 2, 3}},
          {"batch norm of rows, leaky relu", sequential(nn::batch_norm1d(70), nn::leaky_relu()), {9, 70}},
          {"instance norm, relu", sequential(nn::instance_norm2d(4), nn::relu()), {2, 4, 9, 5}},
          {"instance norm with weights, leaky relu",
           sequential(nn::instance_norm2d(4, {.affine = true}), nn::leaky_relu(0.2)),
           {2, 4, 9, 5}},
          {"group norm, leaky relu", sequential(nn::group_norm(2, 6), nn::leaky_relu(0.2)), {2, 6, 5, 5}},
          {"layer norm, relu", sequential(nn::layer_norm({37}), nn::relu()), {5, 37}},
          {"convolution, leaky relu",
           sequential(nn::conv2d(3, 8, 4, {.stride = 2, .padding = 1}), nn::leaky_relu(0.2)),
           {2, 3, 8, 8},
           true},
          {"convolution without bias, tanh",
           sequential(nn::conv2d(3, 8, 3, {.padding = 1, .bias = false}), nn::tanh()),
           {2, 3, 7, 7}},
          {"transposed convolution, tanh",
           sequential(nn::conv_transpose2d(4, 3, 4, {.stride = 2, .padding = 1}), nn::tanh()),
           {2, 4, 4, 4},
           true},
          {"linear, relu", sequential(nn::linear(6, 33), nn::relu()), {4, 6}, true},
          {"linear of three axes, tanh", sequential(nn::linear(6, 5), nn::tanh()), {2, 3, 6}, true}};
}

}  // namespace

TEST_CASE("a layer that ends with an activation gives the bits of the two", "[nn][activated]") {
  for (const Net& net : nets()) {
    INFO(net.name);
    Generator random(3);
    net.layers->reset_parameters(random);
    for (Variable parameter : net.layers->parameters()) {  // none that is 0 or 1
      const Variable moved = parameter.detach() + 0.1 * random_normal(parameter.shape(), random);
      parameter.set_value(moved.value());
    }
    const Tensor x = random_normal(net.input, random);
    const Result fused = result_of(*net.layers, x, [&](const Variable& v) { return (*net.layers)(v); });
    const Result apart =
        result_of(*net.layers, x, [&](const Variable& v) { return one_by_one(*net.layers, v); });
    CHECK(fused.y.creator() != nullptr);
    check_alike(fused.y, apart.y, true);
    const nn::NamedVariables parameters = net.layers->named_parameters();
    for (size_t i = 0; i < fused.gradients.size(); ++i) {
      const bool summed = net.sums_bias && i > 0 && parameters[i - 1].first == "0.bias";
      INFO("gradient " << i);
      check_alike(fused.gradients[i], apart.gradients[i], !summed);
      check_alike(fused.second[i], apart.second[i], false);
    }
  }
}

TEST_CASE("only an activation that follows directly is taken in", "[nn][activated]") {
  Generator random(1);
  const auto net = sequential(nn::leaky_relu(0.5), nn::linear(4, 4), nn::tanh(), nn::relu(),
                              nn::batch_norm1d(4), nn::tanh(), nn::sigmoid());
  net->reset_parameters(random);
  const Variable x = random_normal({6, 4}, random);
  CHECK(same_bytes((*net)(x).value(), one_by_one(*net, x).value()));
  net->eval();
  CHECK(same_bytes((*net)(x).value(), one_by_one(*net, x).value()));
}

TEST_CASE("batch norm in evaluation ends with an activation too", "[nn][activated]") {
  Generator random(1);
  const auto net = sequential(nn::batch_norm2d(3), nn::leaky_relu(0.2));
  net->reset_parameters(random);
  const Variable x = random_normal({4, 3, 5, 5}, random);
  (*net)(x);
  net->eval();
  CHECK(same_bytes((*net)(x).value(), one_by_one(*net, x).value()));
}

TEST_CASE("a bias and an activation are added over memory that nobody else holds", "[nn][activated]") {
  Generator random(1);
  const Variable x = random_normal({2, 3, 4, 4}, random), bias = random_normal({3}, random);
  const Variable before = x.value().clone(), shared = reshape(x, {2, 3, 16});
  const Variable apart = bias_act_over(x, bias, {Activation::tanh});
  CHECK_FALSE(apart.value().shares_memory_with(x.value()));
  CHECK(same_bytes(x.value(), before.value()));
  const Variable over = bias_act_over(before, bias, {Activation::tanh});
  CHECK(over.value().shares_memory_with(before.value()));
  CHECK(same_bytes(over.value(), apart.value()));
}
