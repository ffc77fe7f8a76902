// Modules: names and their order, loading, and what acts on whole trees.
#include "nn/module.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "nn/init.h"
#include "nn/modules.h"

using namespace saddle;
using Catch::Contains;
using nn::Strictness;

namespace {

using Names = std::vector<std::string>;

template <class Named>
Names names(const Named& entries) {
  Names all;
  for (const auto& [name, value] : entries) all.push_back(name);
  return all;
}

bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() && std::memcmp(a.raw(), b.raw(), a.nbytes()) == 0;
}

/// Parameters, buffers and a submodule, which is registered between them.
class Block : public nn::Module {
 public:
  Block() {
    register_parameter("scale", scale, {3}, 2);
    body = register_module("body", nn::linear(3, 3, {.bias = false}));
    register_buffer("shift", shift, Tensor::full({3}, 1));
    register_buffer("count", count, Tensor::zeros({}, DType::i64));
  }
  Variable forward(const Variable& x) override { return (*body)(x * scale + shift); }

  Variable scale;
  Tensor shift, count;
  std::shared_ptr<nn::Linear> body;
};

std::shared_ptr<nn::Sequential> network(uint64_t seed) {
  auto net = nn::sequential(nn::linear(4, 3), nn::relu(), std::make_shared<Block>());
  Generator generator(seed);
  net->reset_parameters(generator);
  return net;
}

Variable some_input() {
  return Tensor::from(std::vector<float>{1, -2, 3, 0.5f}, {1, 4});
}

}  // namespace

TEST_CASE("names: own parameters, own buffers, then submodules", "[nn]") {
  const auto net = network(1);
  CHECK(names(net->state_dict()) ==
        Names{"0.weight", "0.bias", "2.scale", "2.shift", "2.count", "2.body.weight"});
  CHECK(names(net->state_dict("generator.")).front() == "generator.0.weight");
  CHECK(names(net->named_buffers()) == Names{"2.shift", "2.count"});
  CHECK(names(net->named_parameters("d.")) ==
        Names{"d.0.weight", "d.0.bias", "d.2.scale", "d.2.body.weight"});
  CHECK(net->parameters().size() == 4);
}

TEST_CASE("names are new and hold no dots", "[nn]") {
  struct Open : nn::Module {
    Variable forward(const Variable& x) override { return x; }
    void add(const std::string& name, std::shared_ptr<nn::Module> module) { register_module(name, module); }
  } module;
  module.add("a", nn::identity());
  CHECK_THROWS_WITH(module.add("a", nn::identity()), "module: the name 'a' is taken");
  CHECK_THROWS_WITH(module.add("a.b", nn::identity()), Contains("'a.b' is no name"));
  CHECK_THROWS_WITH(module.add("", nn::identity()), Contains("'' is no name"));
  CHECK_THROWS_WITH(module.add("b", nullptr), "module: submodule 'b' is null");
}

TEST_CASE("sequential refuses positions that it does not have", "[nn]") {
  const auto net = network(1);
  CHECK(net->size() == 3);
  CHECK(&(*net)[2] != nullptr);
  CHECK_THROWS_WITH((*net)[3], "sequential: module 3 of 3");
}

TEST_CASE("a state loads into another network, whose memory stays where it is", "[nn]") {
  const auto a = network(1), b = network(2);
  const NamedTensors from = a->state_dict(), to = b->state_dict();
  CHECK(!same_bytes(from[0].second, to[0].second));
  CHECK(b->load_state_dict(from).complete());
  for (size_t i = 0; i < from.size(); ++i) {
    INFO(from[i].first);
    CHECK(same_bytes(from[i].second, to[i].second));
    CHECK(to[i].second.shares_memory_with(b->state_dict()[i].second));
    CHECK(!to[i].second.shares_memory_with(from[i].second));
  }
  CHECK(same_bytes((*a)(some_input()).value(), (*b)(some_input()).value()));
}

TEST_CASE("strict loading lists all that does not fit and changes nothing", "[nn]") {
  const auto net = network(1);
  NamedTensors state = network(2)->state_dict();
  state[0].first = "0.wieght";
  state[1].second = Tensor::zeros({4});
  state[4].second = Tensor::zeros({});
  const Tensor before = net->state_dict()[2].second.clone();
  state[2].second = Tensor::full({3}, 9);
  CHECK_THROWS_WITH(net->load_state_dict(state),
                    "load_state_dict: missing 0.weight; unexpected 0.wieght; mismatched 0.bias (own f32[3], "
                    "given f32[4]), 2.count (own i64[], given f32[])");
  CHECK(same_bytes(net->state_dict()[2].second, before));
}

TEST_CASE("lenient loading takes what fits and reports the rest", "[nn]") {
  const auto net = network(1);
  NamedTensors state = network(2)->state_dict();
  state[1].second = Tensor::zeros({4});
  state.pop_back();
  state.emplace_back("extra", Tensor::zeros({}));
  const Tensor bias = net->state_dict()[1].second.clone();
  const nn::LoadReport report = net->load_state_dict(state, Strictness::lenient);
  CHECK(!report.complete());
  CHECK(report.missing == Names{"2.body.weight"});
  CHECK(report.unexpected == Names{"extra"});
  REQUIRE(report.mismatched.size() == 1);
  CHECK(report.mismatched[0].name == "0.bias");
  CHECK(same_bytes(net->state_dict()[0].second, state[0].second));
  CHECK(same_bytes(net->state_dict()[1].second, bias));
}

TEST_CASE("one float type loads into another", "[nn]") {
  const auto net = network(1), wide = network(2);
  wide->to(DType::f64);
  wide->load_state_dict(net->state_dict());
  for (const auto& [name, tensor] : wide->state_dict()) {
    INFO(name);
    CHECK(tensor.dtype() == (name == "2.count" ? DType::i64 : DType::f64));
    const Tensor narrow = cast(tensor, find(net->state_dict(), name)->dtype()).value();
    CHECK(same_bytes(narrow, *find(net->state_dict(), name)));
  }
  const Variable y = (*wide)(cast(some_input(), DType::f64));
  CHECK(y.dtype() == DType::f64);
  backward(sum(y));
  CHECK(wide->parameters()[0].grad().dtype() == DType::f64);
  CHECK_THROWS_WITH(net->to(DType::i64), "module: parameters cannot be i64");
}

TEST_CASE("training mode and gradients are switched for the whole tree", "[nn]") {
  const auto net = network(1);
  Block& block = dynamic_cast<Block&>((*net)[2]);
  CHECK(block.body->is_training());
  net->eval();
  CHECK(!net->is_training());
  CHECK(!block.body->is_training());
  net->train();
  CHECK(block.body->is_training());

  backward(sum((*net)(some_input())));
  for (const Variable& parameter : net->parameters()) CHECK(parameter.grad().defined());
  net->zero_grad();
  for (const Variable& parameter : net->parameters()) CHECK(!parameter.grad().defined());

  net->requires_grad_(false);
  Variable x = some_input().detach();
  x.requires_grad_(true);
  backward(sum((*net)(x)));
  CHECK(x.grad().defined());
  for (const Variable& parameter : net->parameters()) CHECK(!parameter.grad().defined());
}

TEST_CASE("apply visits all modules, the tree's root last", "[nn]") {
  const auto net = network(1);
  std::vector<nn::Module*> visited;
  net->apply([&](nn::Module& module) { visited.push_back(&module); });
  REQUIRE(visited.size() == 5);
  CHECK(visited[2] == dynamic_cast<Block&>((*net)[2]).body.get());
  CHECK(visited.back() == net.get());
}

TEST_CASE("weights are NaN until they are given values", "[nn]") {
  const auto net = nn::sequential(nn::linear(4, 3), nn::conv2d(1, 1, 1));
  for (const Variable& parameter : net->parameters())
    for (const float value : parameter.value().to_vector<float>()) CHECK(std::isnan(value));
}

TEST_CASE("layers compute their ops with their options", "[nn]") {
  Generator generator(3);
  const auto image = [&](const Shape& shape) {
    const Variable x = Tensor::empty(shape);
    nn::init::normal_(x, generator);
    return x;
  };
  const Variable x = image({2, 4, 7, 9});
  const auto conv =
      nn::conv2d(4, 6, {3, 2}, {.stride = {2, 1}, .padding = 1, .dilation = {1, 2}, .groups = 2});
  conv->reset_parameters(generator);
  CHECK(conv->weight.shape() == Shape{6, 2, 3, 2});
  CHECK(conv->bias.shape() == Shape{6});
  CHECK(same_bytes((*conv)(x).value(),
                   conv2d(x, conv->weight, conv->bias,
                          {.stride = {2, 1}, .padding = {1, 1}, .dilation = {1, 2}, .groups = 2})
                       .value()));
  const auto up = nn::conv_transpose2d(
      4, 6, 3, {.stride = 2, .padding = 1, .output_padding = {0, 1}, .groups = 2, .bias = false});
  up->reset_parameters(generator);
  CHECK(up->weight.shape() == Shape{4, 3, 3, 3});
  CHECK(!up->bias.defined());
  CHECK((*up)(x).shape() == Shape{2, 6, 13, 18});
  CHECK(same_bytes(
      (*up)(x).value(),
      conv_transpose2d(x, up->weight, {},
                       {.stride = {2, 2}, .padding = {1, 1}, .output_padding = {0, 1}, .groups = 2})
          .value()));
  CHECK_THROWS_WITH(nn::conv2d(4, 6, 3, {.groups = 4}), "conv2d: groups 4 must divide channels 4 and 6");
  CHECK_THROWS_WITH(nn::conv_transpose2d(4, 6, 0),
                    Contains("conv_transpose2d: channels 4 and 6 and kernel 0x0"));
  CHECK_THROWS_WITH(nn::linear(0, 6), Contains("linear: sizes 0 and 6"));
}

TEST_CASE("flatten and unflatten", "[nn]") {
  const Variable x = Tensor::zeros({2, 3, 4, 5});
  CHECK((*nn::flatten())(x).shape() == Shape{2, 60});
  CHECK((*nn::flatten(0))(x).shape() == Shape{120});
  CHECK((*nn::flatten(1, 2))(x).shape() == Shape{2, 12, 5});
  CHECK((*nn::flatten(-2, -1))(x).shape() == Shape{2, 3, 20});
  CHECK_THROWS_WITH((*nn::flatten(2, 1))(x), Contains("flatten: axis 2 lies behind axis 1"));
  CHECK((*nn::unflatten({3, -1}))(Tensor::zeros({2, 12})).shape() == Shape{2, 3, 4});
  CHECK((*nn::identity())(x).key() == x.key());
}

TEST_CASE("dropout drops in training only, what its generator says", "[nn]") {
  Generator generator(1);
  const auto layer = nn::dropout(0.5, generator);
  const Variable x = Tensor::full({1000}, 1);
  layer->eval();
  CHECK(same_bytes((*layer)(x).value(), x.value()));
  CHECK(generator.state() == Generator(1).state());
  layer->train();
  const Tensor first = (*layer)(x).value(), second = (*layer)(x).value();
  CHECK(!same_bytes(first, second));
  for (const float v : first.to_vector<float>()) CHECK((v == 0 || v == 2));
  generator.set_state(Generator(1).state());
  CHECK(same_bytes((*layer)(x).value(), first));
  CHECK_THROWS_WITH(nn::dropout(1, generator), "dropout: p 1 is not in [0, 1)");
}
