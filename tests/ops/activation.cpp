// Records of a bias and an activation in one pass.
#include <cmath>

#include "tests/ops/activated.h"

namespace saddle::test {
namespace {

constexpr Activation unchanged{};

double slope_at_output(const Activation& a, double y) {
  if (a.kind == Activation::tanh) return 1 - y * y;
  return y > 0 || !a.any() ? 1 : a.below();
}

struct Case {
  Shape shape;
  Activation activation;
  bool bias = true;
  bool gradient = true;

  size_t channel(size_t element) const {
    const int64_t positions = shape.numel() / shape[0] / shape[1];
    return static_cast<size_t>(static_cast<int64_t>(element) / positions % shape[1]);
  }
};

/// Positions around the vector lengths and around where vectors begin to go across channels; channels that
/// fill several tiles; each activation with and without a bias.
std::vector<Case> cases() {
  return {{{2, 3, 2, 3}, leaky_after},
          {{2, 3}, relu_after},
          {{3, 2, 5}, tanh_after},
          {{2, 3, 2, 2}, unchanged},
          {{2, 3, 4, 5}, tanh_after, false},
          {{3, 4}, leaky_after, false},
          {{1, 2, 17}, relu_after, false},
          {{3, 5, 16}, leaky_after, true, false},
          {{2, 3, 15}, relu_after, true, false},
          {{5, 700}, leaky_after, true, false},
          {{37, 70}, tanh_after, true, false},
          {{2, 180, 3}, leaky_after, true, false},
          {{2, 3, 33, 31}, relu_after, true, false},
          {{3, 2, 65, 64}, tanh_after, true, false},
          {{1, 1, 130, 128}, leaky_after, true, false},
          {{0, 3, 4}, relu_after, true, false},
          {{2, 3, 0}, relu_after, true, false}};
}

Sample sample_of(const Case& c) {
  Sample s;
  s.name = concat(c.shape, c.bias ? " bias" : "");
  describe(s, c.activation);
  s.gradient = c.gradient;
  s.flops = 2.0 * static_cast<double>(c.shape.numel());
  return s;
}

std::vector<Sample> forward_samples() {
  std::vector<Sample> samples;
  for (const Case& c : cases()) {
    Sample s = sample_of(c);
    // Inputs are spread around 0, farther from it than biases reach.
    s.inputs = {{.shape = c.shape, .low = -2, .high = 2, .away_from_zero = 0.6}};
    if (c.bias) s.inputs.push_back({.shape = {c.shape[1]}, .low = -0.5, .high = 0.5});
    s.run = [=](const Variables& v) { return bias_act(v[0], c.bias ? v[1] : Variable(), c.activation); };
    s.reference = [=](const std::vector<Array>& v) {
      Array y = v[0];
      for (size_t i = 0; i < y.values.size(); ++i)
        y.values[i] = activated(c.activation, y.values[i] + (c.bias ? v[1].values[c.channel(i)] : 0));
      return y;
    };
    s.bytes = 8.0 * static_cast<double>(c.shape.numel());
    samples.push_back(s);
  }
  return samples;
}

/// By the input, or by the bias.
std::vector<Sample> grad_samples(bool of_bias) {
  std::vector<Sample> samples;
  for (const Case& c : cases()) {
    if (!c.bias) continue;
    Sample s = sample_of(c);
    s.inputs = {{.shape = c.shape}, {.shape = c.shape, .away_from_zero = 0.1}};
    s.run = [=](const Variables& v) {
      const BiasActGradients g = bias_act_grad(v[0], v[1], c.activation);
      return of_bias ? g.gb : g.gx;
    };
    s.reference = [=](const std::vector<Array>& v) {
      Array gx = v[0], gb(Shape{c.shape[1]});
      for (size_t i = 0; i < gx.values.size(); ++i) {
        gx.values[i] *= slope_at_output(c.activation, v[1].values[i]);
        gb.values[c.channel(i)] += gx.values[i];
      }
      return of_bias ? gb : gx;
    };
    s.bytes = 12.0 * static_cast<double>(c.shape.numel());
    if (of_bias) s.tolerance = 4 * std::sqrt(static_cast<double>(c.shape.numel() / c.shape[1]) + 16);
    samples.push_back(s);
  }
  return samples;
}

const Records records([](auto add) {
  const Variable x = zeros({2, 4, 3, 3});
  add({"bias_act",
       forward_samples(),
       {{"rank", [] { bias_act(zeros({4}), zeros({4})); }, "bias_act: input [4] is not [N,C,..]"},
        {"dtype",
         [] {
           bias_act(zeros({4, 2}, DType::i64), {});
         },
         "bias_act: dtype i64 is not f32 or f64"},
        {"bias", [=] { bias_act(x, zeros({3})); },
         "bias_act: bias [3] does not fit the 4 channels of input [2,4,3,3]"},
        {"bias's dtype", [=] { bias_act(x, zeros({4}, DType::f64)); }, "bias_act: dtypes f32 and f64 differ"},
        {"slope",
         [=] {
           bias_act(x, {}, {Activation::leaky_relu, -0.5});
         },
         "bias_act: slope -0.5 of leaky_relu is below 0"}}});
  add({"bias_act_input_grad",
       grad_samples(false),
       {{"shape",
         [=] {
           bias_act_grad(zeros({2, 4, 9}), x, {});
         },
         "bias_act_grad: output gradient [2,4,9] does not fit output [2,4,3,3]"}}});
  add({"bias_act_bias_grad", grad_samples(true)});
});

}  // namespace
}  // namespace saddle::test
