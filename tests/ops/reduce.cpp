// Records of the reductions.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "autograd/grad.h"
#include "tests/ops/record.h"

namespace saddle::test {
namespace {

const double inf = std::numeric_limits<double>::infinity();
const double nan = std::numeric_limits<double>::quiet_NaN();

using ReduceOp = std::function<Variable(const Variable&, const Axes&, bool keepdim)>;
/// From the elements that meet in one output, in order.
using ReduceFormula = std::function<double(const std::vector<double>&)>;

bool is_reduced(const Shape& shape, const Axes& axes, int axis) {
  return axes.empty() || std::any_of(axes.begin(), axes.end(), [&](int a) { return shape.axis(a) == axis; });
}

Array reduce_reference(const Array& x, const Axes& axes, bool keepdim, const ReduceFormula& formula) {
  Shape shape;
  for (int d = 0; d < x.shape.rank(); ++d)
    if (!is_reduced(x.shape, axes, d))
      shape.push_back(x.shape[d]);
    else if (keepdim)
      shape.push_back(1);
  Array y(shape);
  std::vector<std::vector<double>> gathered(y.values.size());
  for (int64_t i = 0; i < x.shape.numel(); ++i) {
    int64_t rest = i, o = 0, stride = 1;
    for (int d = x.shape.rank() - 1; d >= 0; --d) {
      const int64_t k = rest % x.shape[d];
      rest /= x.shape[d];
      if (is_reduced(x.shape, axes, d)) continue;
      o += k * stride;
      stride *= x.shape[d];
    }
    gathered[static_cast<size_t>(o)].push_back(x.values[static_cast<size_t>(i)]);
  }
  std::transform(gathered.begin(), gathered.end(), y.values.begin(), formula);
  return y;
}

Sample reduction(ReduceOp op, ReduceFormula formula, const Shape& shape, const Axes& axes, bool keepdim,
                 bool gradient) {
  Sample s;
  s.name = concat(shape, " ", nlohmann::json(axes).dump(), keepdim ? " keepdim" : "");
  s.inputs = {{.shape = shape, .low = -1.5}};
  s.run = [=](const Variables& v) { return op(v[0], axes, keepdim); };
  s.reference = [=](const std::vector<Array>& x) { return reduce_reference(x[0], axes, keepdim, formula); };
  s.options = {{"dim", axes}, {"keepdim", keepdim}};
  s.gradient = gradient;
  s.bytes = 4.0 * static_cast<double>(shape.numel());
  s.flops = static_cast<double>(shape.numel());
  return s;
}

/// Every order of kept and reduced axes; runs and columns around the vector lengths; then sizes that are cut
/// into several tasks for one output: along runs, down rows, across columns.
std::vector<Sample> reductions(ReduceOp op, ReduceFormula formula) {
  std::vector<Sample> samples;
  const auto add = [&](const Shape& shape, const Axes& axes, bool keepdim, bool gradient) {
    samples.push_back(reduction(op, formula, shape, axes, keepdim, gradient));
  };
  for (const Axes& axes : std::vector<Axes>{{}, {0}, {1}, {-1}, {0, 1}, {0, 2}, {1, 2}, {0, 1, 2}})
    add({2, 3, 5}, axes, axes.size() == 1, true);
  add({}, {}, false, true);
  add({1, 1}, {0}, false, true);
  add({19}, {0}, true, true);
  add({2, 2, 3, 2, 3}, {1, 3}, false, true);
  add({2, 2, 3, 2, 3}, {0, -3, -1}, true, true);
  add({3, 1, 4}, {1}, false, true);
  add({70001}, {}, false, false);
  add({3, 70000}, {1}, false, false);
  add({40000, 3}, {0}, false, false);
  add({40, 4100}, {0}, false, false);
  add({3, 700, 129}, {1}, false, false);
  add({40, 70, 4, 9}, {0, 2, 3}, false, false);
  add({6, 3, 33, 33}, {0, 2, 3}, true, false);
  add({5, 1100, 2}, {0, 2}, false, false);
  add({0, 3}, {1}, false, false);
  return samples;
}

std::vector<Refusal> reduce_refusals(const std::string& name, ReduceOp op) {
  return {{"dtype",
           [=] {
             op(zeros({2, 2}, DType::i64), {}, false);
           },
           ": dtype i64 is not f32 or f64"},
          {"axis",
           [=] {
             op(zeros({2, 3}), {2}, false);
           },
           name + ": axis 2 is out of range for shape [2,3]"},
          {"negative axis",
           [=] {
             op(zeros({2, 3}), {-3}, false);
           },
           name + ": axis -3 is out of range for shape [2,3]"},
          {"axis twice",
           [=] {
             op(zeros({2, 3}), {0, -2}, false);
           },
           name + ": axis -2 is given twice"}};
}

double sum_of(const std::vector<double>& x) {
  return static_cast<double>(std::accumulate(x.begin(), x.end(), 0.0L));
}

double mean_of(const std::vector<double>& x) {
  return sum_of(x) / static_cast<double>(x.size());
}

double var_of(const std::vector<double>& x, double correction) {
  const double mean = mean_of(x);
  long double sum = 0;
  for (double v : x) sum += (v - mean) * (v - mean);
  return static_cast<double>(sum) / (static_cast<double>(x.size()) - correction);
}

double max_of(const std::vector<double>& x) {
  double best = -inf;
  for (double v : x) best = std::isnan(best) || v <= best ? best : v;
  return best;
}

double min_of(const std::vector<double>& x) {
  double best = inf;
  for (double v : x) best = std::isnan(best) || v >= best ? best : v;
  return best;
}

/// Infinities and NaN among the elements, at every place of a vector.
Sample with_special_values(ReduceOp op, ReduceFormula formula) {
  Sample s = reduction(op, formula, {6, 21}, {1}, false, false);
  s.name += " special values";
  for (int row = 0; row < 6; ++row)
    for (int i = 0; i < 21; ++i) {
      const bool here = i == 4 * row;
      s.inputs[0].values.push_back(here && row == 1   ? inf
                                   : here && row == 2 ? -inf
                                   : here && row >= 3 ? nan
                                                      : 0.25 * i - row);
    }
  return s;
}

std::vector<Sample> with(std::vector<Sample> samples, Sample sample) {
  samples.push_back(std::move(sample));
  return samples;
}

Sample argmax_sample(const Shape& shape, int axis, bool keepdim, std::vector<double> values = {}) {
  const auto first_largest = [](const std::vector<double>& x) {
    const auto nan_at = std::find_if(x.begin(), x.end(), [](double v) { return std::isnan(v); });
    return static_cast<double>((nan_at != x.end() ? nan_at : std::max_element(x.begin(), x.end())) -
                               x.begin());
  };
  Sample s = reduction([](auto& x, const Axes& axes, bool keep) { return argmax(x, axes[0], keep); },
                       first_largest, shape, {axis}, keepdim, false);
  s.options = {{"dim", axis}, {"keepdim", keepdim}};
  s.inputs[0].values = values;
  if (!values.empty()) s.name += " ties and NaN";
  return s;
}

const Records records([](auto add_record) {
  const ReduceOp sum_op = [](auto& x, auto& axes, bool keepdim) { return sum(x, axes, keepdim); };
  const ReduceOp mean_op = [](auto& x, auto& axes, bool keepdim) { return mean(x, axes, keepdim); };
  const ReduceOp amax_op = [](auto& x, auto& axes, bool keepdim) { return amax(x, axes, keepdim); };
  const ReduceOp amin_op = [](auto& x, auto& axes, bool keepdim) { return amin(x, axes, keepdim); };

  // A running sum in f32 would be off by hundreds of roundings here.
  Sample long_sum = reduction(sum_op, sum_of, {2, 300000}, {1}, false, false);
  long_sum.name += " near 1";
  long_sum.inputs[0].low = 0.9;
  long_sum.inputs[0].high = 1.1;
  long_sum.tolerance = 8;
  Sample no_rows = reduction(sum_op, sum_of, {0, 3}, {0}, false, false);
  add_record(
      {"sum", with(with(reductions(sum_op, sum_of), long_sum), no_rows), reduce_refusals("sum", sum_op)});
  add_record({"mean", reductions(mean_op, mean_of), reduce_refusals("mean", mean_op)});

  std::vector<Sample> vars;
  for (const int correction : {0, 1}) {
    const ReduceOp op = [=](auto& x, auto& axes, bool keepdim) { return var(x, axes, correction, keepdim); };
    const ReduceFormula formula = [=](const std::vector<double>& x) { return var_of(x, correction); };
    for (Sample s : reductions(op, formula)) {
      if (s.inputs[0].shape.numel() == 1 || s.inputs[0].shape == Shape{3, 1, 4}) continue;
      s.name += concat(" correction ", correction);
      s.options["correction"] = correction;
      vars.push_back(s);
    }
    Sample far_off = reduction(op, formula, {4, 3000}, {1}, false, false);
    far_off.name += concat(" around 1000, correction ", correction);
    far_off.options["correction"] = correction;
    far_off.inputs[0].low = 999;
    far_off.inputs[0].high = 1001;
    vars.push_back(far_off);
  }
  add_record({"var",
              vars,
              {{"too few",
                [] {
                  var(zeros({3, 1}), {1}, 1);
                },
                "var: correction 1 is not between 0 and the number of elements less one, 0"},
               {"correction", [] { var(zeros({3}), {}, -1); }, "var: correction -1 is not between 0"},
               {"axis", [] { var(zeros({3}), {1}); }, "var: axis 1 is out of range for shape [3]"}}});

  const auto extremum_refusals = [](const std::string& name, const ReduceOp& op) {
    std::vector<Refusal> refusals = reduce_refusals(name, op);
    refusals.push_back({"nothing",
                        [=] {
                          op(zeros({0, 3}), {0}, false);
                        },
                        name + ": shape [0,3] has no elements to choose from"});
    return refusals;
  };
  add_record({"amax", with(reductions(amax_op, max_of), with_special_values(amax_op, max_of)),
              extremum_refusals("amax", amax_op)});
  add_record({"amin", with(reductions(amin_op, min_of), with_special_values(amin_op, min_of)),
              extremum_refusals("amin", amin_op)});
  add_record({"argmax",
              {argmax_sample({2, 3, 5}, 1, false), argmax_sample({2, 3, 5}, -1, true),
               argmax_sample({7}, 0, false), argmax_sample({300, 150}, 0, false),
               argmax_sample({70000}, 0, false), argmax_sample({20000, 3}, 0, false),
               argmax_sample({150, 300}, 1, false), argmax_sample({4, 1}, 1, true),
               argmax_sample({4, 4}, 1, false,
                             {1, 2, 2, 0, -inf, -inf, -inf, -inf, 3, nan, inf, nan, 0, 5, 5, inf})},
              {{"axis", [] { argmax(zeros({2}), 1); }, "argmax: axis 1 is out of range for shape [2]"},
               {"dtype", [] { argmax(zeros({2}, DType::i64), 0); }, "argmax: dtype i64 is not f32 or f64"},
               {"nothing",
                [] {
                  argmax(zeros({2, 0}), 1);
                },
                "argmax: shape [2,0] has no elements to choose from"}}});

  const auto sum_to_sample = [](const Shape& shape, const Shape& to) {
    Sample s;
    s.name = concat(shape, " to ", to);
    s.inputs = {{.shape = shape}};
    s.run = [to](const Variables& v) { return sum_to(v[0], to); };
    s.reference = [to](const std::vector<Array>& x) {
      Axes axes;
      const int extra = x[0].shape.rank() - to.rank();
      for (int d = 0; d < x[0].shape.rank(); ++d)
        if (d < extra || to[d - extra] != x[0].shape[d]) axes.push_back(d);
      Array y = axes.empty() ? x[0] : reduce_reference(x[0], axes, true, sum_of);
      y.shape = to;
      return y;
    };
    s.options = {{"size", extents(to)}};
    return s;
  };
  add_record({"sum_to",
              {sum_to_sample({2, 3, 4}, {3, 1}), sum_to_sample({2, 3}, {2, 3}), sum_to_sample({2, 3}, {}),
               sum_to_sample({1, 1, 4}, {1, 4}), sum_to_sample({4, 3, 5, 5}, {1, 3, 1, 1})},
              {{"shape",
                [] {
                  sum_to(zeros({2, 3}), {2});
                },
                "sum_to: shapes [2,3] and [2] do not broadcast"},
               {"larger",
                [] {
                  sum_to(zeros({2, 1}), {2, 3});
                },
                "sum_to: shape [2,3] does not broadcast to [2,1]"}}});
});

}  // namespace
}  // namespace saddle::test

TEST_CASE("amax and amin share the gradient between equal elements", "[ops][reduce]") {
  using namespace saddle;
  const Variable x(Tensor::from<float>({1, 3, 3, 0, 0, 2}, {2, 3}), true);
  const Variable seed = Tensor::from<float>({2, 6}, {2});
  const Variable largest = grad({amax(x, {1})}, {x}, {.grad_outputs = {seed}})[0];
  CHECK(largest.value().to_vector<float>() == std::vector<float>{0, 1, 1, 0, 0, 6});
  const Variable smallest = grad({amin(x, {1})}, {x}, {.grad_outputs = {seed}})[0];
  CHECK(smallest.value().to_vector<float>() == std::vector<float>{2, 0, 0, 3, 3, 0});
}
