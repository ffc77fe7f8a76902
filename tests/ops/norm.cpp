// Records of the normalisations. Those with kernels are held against one reference.
#include <cmath>

#include "tests/ops/norm_reference.h"

namespace saddle::test {
namespace {

/// A shape that is normalised: its view is [N, C, ..] except for layer norm, which has one of its own.
struct Case {
  Shape shape;
  Affine affine = both;
  bool gradient = false;
  double low = -1, high = 1;  // of x
  Activation activation = {};
  bool own = false;  // each sample has a weight and a bias of its own

  Shape affine_shape() const { return own ? Shape{shape[0], shape[1]} : Shape{shape[1]}; }
  NormLayout layout(int64_t groups, bool over_batch, double eps) const {
    NormLayout l = layout_of(shape, groups, over_batch, eps);
    l.own_affine = own;
    return l;
  }
};

void describe_own(Sample& s, const Case& c) {
  if (!c.own) return;
  s.name += " of each sample";
  s.options["own_affine"] = true;
}

using Run = std::function<Variable(const Variable& x, const Variable& w, const Variable& b)>;

Sample norm_sample(const Case& c, const NormLayout& layout, const Shape& channels, const Run& run) {
  Sample s;
  s.name = concat(c.shape, c.affine == both     ? " affine"
                           : c.affine == weight ? " weight"
                           : c.affine == bias   ? " bias"
                                                : "");
  if (c.low != -1) s.name += concat(" in ", c.low, " to ", c.high);
  s.inputs = {{.shape = c.shape, .low = c.low, .high = c.high}};
  if (c.affine & weight) s.inputs.push_back({.shape = channels, .low = 0.5, .high = 1.5});
  if (c.affine & bias) s.inputs.push_back({.shape = channels});
  s.run = [=](const Variables& v) {
    return run(v[0], c.affine & weight ? v[1] : Variable(), c.affine & bias ? v.back() : Variable());
  };
  s.reference = [=](const std::vector<Array>& v) {
    return norm_reference(v, layout, c.affine, c.activation);
  };
  s.options = {{"eps", layout.eps}, {"weight", bool(c.affine & weight)}, {"bias", bool(c.affine & bias)}};
  describe_own(s, c);
  describe(s, c.activation);
  s.gradient = c.gradient;
  s.bytes = 8.0 * static_cast<double>(c.shape.numel());
  s.flops = 6.0 * static_cast<double>(c.shape.numel());
  s.tolerance = std::max(16.0, std::sqrt(static_cast<double>(layout.count())) / 2);
  return s;
}

/// Positions around the vector lengths and around where vectors begin to go across channels; channels that
/// fill several tiles; a mean that single precision of the squares would not survive.
std::vector<Case> image_cases(int64_t channels) {
  return {{{3, channels, 2, 3}, both, true},
          {{2, channels, 4, 5}, both, true},
          {{2, channels, 3}, none, true},
          {{2, channels, 3, 1}, weight, true},
          {{2, channels, 5}, bias, true},
          {{1, channels, 5, 7}, none},
          {{4, channels, 17, 5}},
          {{6, 18 * channels, 4, 4}},
          {{2, 80 * channels, 2, 3}},
          {{2, 80 * channels, 2, 3}, none},
          {{2, channels, 40, 33}},
          {{2, 2 * channels, 31}, weight},
          {{3, 2 * channels, 15}, bias},
          {{3, channels, 8, 8}, both, false, 999, 1001},
          {{3, 8 * channels, 3}, both, false, 999, 1001},
          {{3, channels, 2, 3}, both, true, -1, 1, leaky_after},
          {{2, channels, 5}, weight, true, -1, 1, relu_after},
          {{2, channels, 4, 5}, both, true, -1, 1, relu_after},
          {{2, channels, 3, 6}, bias, true, -1, 1, leaky_after},
          {{2, channels, 40, 33}, none, false, -1, 1, leaky_after},
          {{3, 18 * channels, 17}, both, false, -1, 1, relu_after},
          {{2, 80 * channels, 2, 3}, both, false, -1, 1, leaky_after}};
}

/// Conditional batch norm's, around the same lengths.
std::vector<Case> own_cases() {
  std::vector<Case> cases = {{{3, 4, 2, 3}, both, true},
                             {{2, 4, 3}, weight, true},
                             {{2, 4, 5}, bias, true, -1, 1, leaky_after},
                             {{2, 3, 4, 5}, both, true, -1, 1, relu_after},
                             {{5, 3}, both, true, -1, 1, leaky_after},
                             {{7, 1100}, both, false, -1, 1, relu_after},
                             {{2, 320, 2, 3}, both, false, -1, 1, leaky_after},
                             {{3, 72, 17}, both, false, -1, 1, relu_after},
                             {{3, 4, 8, 8}, both, false, 999, 1001},
                             {{2, 2, 71, 67}},
                             {{4, 2, 64, 66}}};
  for (Case& c : cases) c.own = true;
  return cases;
}

std::vector<Sample> batch_samples() {
  std::vector<Sample> samples;
  std::vector<Case> cases = image_cases(4);
  for (const Case& c : {Case{{5, 3}, both, true}, Case{{7, 1100}}, Case{{1, 3, 1, 1}}, Case{{16, 64, 16, 16}},
                        Case{{4, 2, 64, 66}}, Case{{5, 3}, both, true, -1, 1, leaky_after},
                        Case{{7, 1100}, both, false, -1, 1, relu_after}})
    cases.push_back(c);
  for (const Case& c : own_cases()) cases.push_back(c);
  for (const Case& c : cases) {
    const double eps = 1e-5;
    samples.push_back(norm_sample(
        c, c.layout(c.shape[1], true, eps), c.affine_shape(),
        [=](auto& x, auto& w, auto& b) { return batch_norm(x, w, b, eps, nullptr, c.activation); }));
  }
  return samples;
}

std::vector<Sample> batch_eval_samples() {
  std::vector<Sample> samples;
  std::vector<Case> cases;
  for (const Affine affine : {both, none, weight, bias}) cases.push_back({{3, 4, 2, 3}, affine, true});
  for (const Activation& after : {relu_after, leaky_after, tanh_after})
    cases.push_back({{3, 4, 2, 3}, both, true, -1, 1, after});
  for (const Affine affine : {both, weight, bias})
    cases.push_back({{3, 4, 2, 3}, affine, true, -1, 1, leaky_after, true});
  cases.push_back({{5, 4}, both, true, -1, 1, {}, true});
  for (const Case& c : cases) {
    const Affine affine = c.affine;
    const double eps = 0.1;
    Sample s = norm_sample(c, {}, c.affine_shape(), {});
    s.inputs.insert(s.inputs.begin() + 1, {{.shape = {4}}, {.shape = {4}, .low = 0.2, .high = 2}});
    s.run = [=](const Variables& v) {
      return batch_norm_eval(v[0], v[1], v[2], affine & weight ? v[3] : Variable(),
                             affine & bias ? v.back() : Variable(), eps, c.activation);
    };
    s.reference = [=](const std::vector<Array>& v) {
      Array y = v[0];
      for_each_element(c.layout(4, true, eps), [&](size_t i, size_t k, size_t a) {
        y.values[i] = (y.values[i] - v[1].values[k]) / std::sqrt(v[2].values[k] + eps);
        if (affine & weight) y.values[i] *= v[3].values[a];
        if (affine & bias) y.values[i] += v.back().values[a];
      });
      return activated(c.activation, y);
    };
    s.options["eps"] = eps;
    samples.push_back(s);
  }
  return samples;
}

std::vector<Sample> instance_samples() {
  std::vector<Sample> samples;
  std::vector<Case> cases = image_cases(4);
  cases.push_back({{1, 2, 91, 91}});
  for (const Case& c : cases) {
    const double eps = 1e-4;
    samples.push_back(
        norm_sample(c, layout_of(c.shape, c.shape[1], false, eps), {c.shape[1]},
                    [=](auto& x, auto& w, auto& b) { return instance_norm(x, w, b, eps, c.activation); }));
  }
  return samples;
}

std::vector<Sample> group_samples() {
  std::vector<Sample> samples;
  std::vector<Case> cases = image_cases(4);
  for (const Case& c :
       {Case{{3, 4}, both, true}, Case{{3, 60}}, Case{{2, 44}, none}, Case{{2, 44}, bias},
        Case{{1, 4, 65, 127}, weight}, Case{{3, 60}, both, false, -1, 1, leaky_after},
        Case{{2, 8, 4, 5}, both, true, -1, 1, leaky_after, true}, Case{{3, 12}, both, true, -1, 1, {}, true}})
    cases.push_back(c);
  for (const Case& c : cases) {
    const double eps = 1e-5;
    samples.push_back(
        norm_sample(c, c.layout(2, false, eps), c.affine_shape(),
                    [=](auto& x, auto& w, auto& b) { return group_norm(x, 2, w, b, eps, c.activation); }));
    samples.back().options["num_groups"] = 2;
  }
  return samples;
}

/// Over the last `axes` axes.
std::vector<Sample> layer_samples() {
  std::vector<Sample> samples;
  const auto add = [&](const Case& c, int axes) {
    const double eps = 1e-5;
    Shape normalized;
    for (int i = c.shape.rank() - axes; i < c.shape.rank(); ++i) normalized.push_back(c.shape[i]);
    const int64_t channels = normalized.numel();
    samples.push_back(norm_sample(
        c, {.batch = c.shape.numel() / channels, .channels = channels, .eps = eps}, normalized,
        [=](auto& x, auto& w, auto& b) { return layer_norm(x, normalized, w, b, eps, c.activation); }));
    samples.back().name += concat(" over ", normalized);
    samples.back().options["normalized_shape"] = std::vector<int64_t>(normalized.begin(), normalized.end());
  };
  for (const Affine affine : {both, none, weight, bias}) add({{3, 2, 5}, affine, true}, 1);
  add({{2, 3, 2}, both, true}, 2);
  add({{7}, both, true}, 1);
  add({{2, 3, 2}, none, true}, 3);
  for (const Affine affine : {both, none, weight, bias}) add({{5, 37}, affine}, 1);
  add({{6, 3, 520}}, 1);
  add({{0, 5}}, 1);
  add({{3, 4, 9, 9}}, 3);
  add({{2, 16500}}, 1);
  add({{2, 8201}}, 1);
  add({{70, 64}, both, false, 999, 1001}, 1);
  for (const Affine affine : {both, none, weight, bias}) {
    add({{3, 2, 5}, affine, true, -1, 1, leaky_after}, 1);
    add({{5, 37}, affine, false, -1, 1, relu_after}, 1);
  }
  return samples;
}

/// Statistics as the forward kernel hands them out.
NormStatistics statistics_of(const Variable& x, const NormLayout& l) {
  const Normalized n(to_array(x.value()), l);
  const Device device = x.value().device();
  return {Tensor::from(n.mean, {l.statistics()}, device), Tensor::from(n.var, {l.statistics()}, device)};
}

/// The fused derivatives: part 0 by x, 1 by weight, 2 by bias.
std::vector<Sample> grad_samples(int part) {
  std::vector<Sample> samples;
  const auto add = [&](const Case& c, int64_t groups, bool over_batch) {
    const NormLayout layout = c.layout(groups, over_batch, 1e-3);
    if (c.low != -1 && layout.count() < 50) return;  // a few numbers that nearly agree: ill-conditioned
    const bool weighted = c.affine == both && (part == 0 || c.activation.any());
    const bool shifted = weighted && c.activation.any();
    Sample s;
    s.name = concat(c.shape, " groups ", groups, over_batch ? " over batch" : "", weighted ? " weight" : "");
    if (c.low != -1) s.name += concat(" in ", c.low, " to ", c.high);
    s.inputs = {{.shape = c.shape}, {.shape = c.shape, .low = c.low, .high = c.high}};
    if (part == 2) s.inputs[1].differentiable = false;
    if (weighted)
      s.inputs.push_back({.shape = c.affine_shape(), .low = 0.5, .high = 1.5, .differentiable = part == 0});
    if (shifted) s.inputs.push_back({.shape = c.affine_shape(), .differentiable = false});
    s.run = [=](const Variables& v) {
      const NormGradients g = norm_grad(v[0], v[1], weighted ? v[2] : Variable(), shifted ? v[3] : Variable(),
                                        statistics_of(v[1], layout), layout, c.activation, 1u << part);
      return part == 0 ? g.gx : part == 1 ? g.gw : g.gb;
    };
    s.reference = [=](const std::vector<Array>& v) {
      return part == 0 ? input_grad_reference(v, layout, c.activation)
                       : affine_grad_reference(v, layout, part == 1, c.activation);
    };
    s.options = {{"num_groups", groups}, {"over_batch", over_batch}, {"eps", layout.eps}};
    describe_own(s, c);
    describe(s, c.activation);
    s.gradient = c.gradient;
    s.bytes = 12.0 * static_cast<double>(c.shape.numel());
    s.flops = 9.0 * static_cast<double>(c.shape.numel());
    s.tolerance = part == 0 ? 32 : 4 * std::sqrt(static_cast<double>(layout.batch * layout.positions) + 64);
    samples.push_back(s);
  };
  for (const Case& c : image_cases(4)) {
    if (part > 0 && c.affine == none && !c.gradient) continue;  // no weight takes part
    add(c, c.shape[1], true);
    if (c.gradient && c.affine != both) continue;
    add(c, c.shape[1], false);
    add(c, 2, false);
  }
  for (const Case& c :
       {Case{{5, 3}, both, true}, Case{{4, 3}, none, true}, Case{{7, 1100}},
        Case{{5, 3}, both, true, -1, 1, leaky_after}, Case{{7, 300}, both, false, -1, 1, relu_after}}) {
    add(c, c.shape[1], true);
    add(c, 1, false);
  }
  for (const Case& c : own_cases()) add(c, c.shape[1], true);
  for (const Case& c : {Case{{2, 4, 45, 47}}, Case{{2, 4, 64, 66}}}) {
    add(c, 4, true);
    add(c, 4, false);
    add(c, 2, false);
  }
  add({{2, 8200}}, 1, false);
  add({{70, 64}, both, false, 999, 1001}, 2, false);
  return samples;
}

Sample adain_sample(const Shape& shape, bool gradient, const Activation& activation = {}) {
  Sample s;
  const double eps = 1e-5;
  NormLayout layout = layout_of(shape, shape[1], false, eps);
  layout.own_affine = true;
  s.name = concat(shape);
  s.inputs = {{.shape = shape}, {.shape = {shape[0], shape[1]}, .low = 0.5}, {.shape = {shape[0], shape[1]}}};
  s.run = [=](const Variables& v) { return adain(v[0], v[1], v[2], eps, activation); };
  s.reference = [=](const std::vector<Array>& v) { return norm_reference(v, layout, both, activation); };
  s.options = {{"eps", eps}};
  describe(s, activation);
  s.gradient = gradient;
  return s;
}

Refusal refusal(const char* name, std::function<void()> run, const char* message) {
  return {name, std::move(run), message};
}

const Records records([](auto add) {
  const Variable x = zeros({2, 4, 3, 3});
  add({"batch_norm",
       batch_samples(),
       {refusal(
            "rank", [] { batch_norm(zeros({4})); }, "batch_norm: input [4] is not [N,C,..]"),
        refusal(
            "dtype",
            [] {
              batch_norm(zeros({4, 2}, DType::i64));
            },
            "batch_norm: dtype i64 is not f32 or f64"),
        refusal(
            "nothing",
            [] {
              batch_norm(zeros({0, 4, 3, 3}));
            },
            "batch_norm: input [0,4,3,3] has nothing to take a mean of"),
        refusal(
            "weight", [=] { batch_norm(x, zeros({3})); },
            "batch_norm: weight [3] is not [4] for input [2,4,3,3]"),
        refusal(
            "bias",
            [=] {
              batch_norm(x, {}, zeros({4, 1}));
            },
            "batch_norm: bias [4,1] is not [2,4]"),
        refusal(
            "axis",
            [=] {
              batch_norm(x, zeros({2, 4}), zeros({4}));
            },
            "batch_norm: bias [4] is not [2,4]"),
        refusal(
            "weight's dtype", [=] { batch_norm(x, zeros({4}, DType::f64)); },
            "batch_norm: dtypes f32 and f64 differ"),
        refusal(
            "eps", [=] { batch_norm(x, {}, {}, -1); }, "batch_norm: eps -1 is below 0"),
        refusal(
            "slope",
            [=] {
              batch_norm(x, {}, {}, 0, nullptr, {Activation::leaky_relu, -1});
            },
            "batch_norm: slope -1 of leaky_relu is below 0"),
        refusal(
            "tanh", [=] { batch_norm(x, {}, {}, 0, nullptr, {Activation::tanh}); },
            "batch_norm: tanh is not an activation that it ends with")}});
  add({"batch_norm_eval",
       batch_eval_samples(),
       {refusal(
            "rank", [=] { batch_norm_eval(zeros({4}), zeros({4}), zeros({4}), {}, {}); },
            "batch_norm_eval: input [4] is not [N,C,..]"),
        refusal(
            "mean", [=] { batch_norm_eval(x, zeros({3}), zeros({4}), {}, {}); },
            "batch_norm_eval: mean [3] is not [4]"),
        refusal(
            "var", [=] { batch_norm_eval(x, zeros({4}), zeros({3}), {}, {}); },
            "batch_norm_eval: var [3] is not [4]"),
        refusal(
            "weight", [=] { batch_norm_eval(x, zeros({4}), zeros({4}), zeros({1}), {}); },
            "batch_norm_eval: weight [1] is not [4]")}});
  add({"instance_norm",
       instance_samples(),
       {refusal(
            "rank", [] { instance_norm(zeros({4})); }, "instance_norm: input [4] is not [N,C,..]"),
        refusal(
            "weight", [=] { instance_norm(x, zeros({2})); }, "instance_norm: weight [2] is not [4]"),
        refusal(
            "nothing",
            [] {
              instance_norm(zeros({2, 4, 0}));
            },
            "instance_norm: input [2,4,0] has nothing to take a mean of")}});
  add({"layer_norm",
       layer_samples(),
       {refusal(
            "shape",
            [=] {
              layer_norm(x, {3, 4});
            },
            "layer_norm: input [2,4,3,3] does not end in [3,4]"),
        refusal(
            "no shape", [=] { layer_norm(x, {}); }, "layer_norm: input [2,4,3,3] does not end in []"),
        refusal(
            "too many axes",
            [] {
              layer_norm(zeros({3}), {1, 3});
            },
            "layer_norm: input [3] does not end in [1,3]"),
        refusal(
            "bias",
            [=] {
              layer_norm(x, {3, 3}, {}, zeros({9}));
            },
            "layer_norm: bias [9] is not [3,3]"),
        refusal(
            "nothing",
            [] {
              layer_norm(zeros({2, 0}), {0});
            },
            "layer_norm: input [2,0] has nothing to take a mean of")}});
  add({"group_norm",
       group_samples(),
       {refusal(
            "groups", [=] { group_norm(x, 3); },
            "group_norm: groups 3 do not divide the 4 channels of input [2,4,3,3]"),
        refusal(
            "no groups", [=] { group_norm(x, 0); }, "group_norm: groups 0 do not divide")}});
  add({"norm_input_grad",
       grad_samples(0),
       {refusal(
           "gradient's shape",
           [=] {
             norm_grad(zeros({2, 4, 9}), x, {}, {}, {}, layout_of(x.shape(), 4, false, 0));
           },
           "norm_grad: output gradient [2,4,9] does not fit input [2,4,3,3]")}});
  add({"norm_weight_grad", grad_samples(1)});
  add({"norm_bias_grad", grad_samples(2)});
  add({"adain",
       {adain_sample({2, 3, 2, 2}, true), adain_sample({3, 2, 7}, true), adain_sample({3, 5, 9, 9}, false),
        adain_sample({2, 3, 4, 4}, true, leaky_after), adain_sample({2, 5, 16, 17}, false, relu_after)},
       {refusal(
            "scale",
            [=] {
              adain(x, zeros({4}), zeros({2, 4}));
            },
            "adain: scale [4] is not [2,4]"),
        refusal(
            "shift",
            [=] {
              adain(x, zeros({2, 4}), zeros({2, 3}));
            },
            "adain: shift [2,3] is not [2,4]")}});
});

}  // namespace
}  // namespace saddle::test
