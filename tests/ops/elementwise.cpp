// Records of the elementwise ops.
#include <cmath>

#include "kernels/elementwise.h"
#include "tests/ops/record.h"

namespace saddle::test {
namespace {

using UnaryOp = std::function<Variable(const Variable&)>;
using UnaryFormula = std::function<double(double)>;

struct Range {
  double low = -3, high = 3, away_from_zero = 0;
};

/// Samples of a unary op: sizes around the vector lengths, and one above the size of a thread's share.
std::vector<Sample> unary(UnaryOp op, UnaryFormula formula, Range range = {}, nlohmann::json options = {},
                          bool gradient = true, std::vector<double> special = {}) {
  const auto sample = [&](const Shape& shape, std::vector<double> values, bool differentiate) {
    Sample s;
    s.name =
        concat(values.empty() ? "" : "special values ", shape, options.empty() ? "" : " " + options.dump());
    s.inputs = {{.shape = shape,
                 .low = range.low,
                 .high = range.high,
                 .away_from_zero = range.away_from_zero,
                 .values = values}};
    s.run = [op](const Variables& v) { return op(v[0]); };
    s.reference = [formula](const std::vector<Array>& x) {
      Array y(x[0].shape);
      for (size_t i = 0; i < y.values.size(); ++i) y.values[i] = formula(x[0].values[i]);
      return y;
    };
    if (!options.empty()) s.options = options;
    s.gradient = differentiate;
    s.bytes = 8.0 * static_cast<double>(shape.numel());
    s.flops = static_cast<double>(shape.numel());
    return s;
  };
  std::vector<Sample> samples = {sample({2, 3, 5}, {}, gradient), sample({}, {}, gradient),
                                 sample({17}, {}, gradient), sample({3, 11000}, {}, false),
                                 sample({0, 4}, {}, false)};
  if (!special.empty()) samples.push_back(sample({static_cast<int64_t>(special.size())}, special, false));
  return samples;
}

using BinaryOp = std::function<Variable(const Variable&, const Variable&)>;
using BinaryFormula = std::function<double(double, double)>;

double element(const Array& x, const Shape& shape, int64_t flat) {
  int64_t offset = 0, stride = 1;
  for (int d = shape.rank() - 1; d >= 0; --d) {
    const int own = d - (shape.rank() - x.shape.rank());
    const int64_t i = flat % shape[d];
    flat /= shape[d];
    if (own < 0) continue;
    if (x.shape[own] != 1) offset += i * stride;
    stride *= x.shape[own];
  }
  return x.values[static_cast<size_t>(offset)];
}

/// Every way in which operands are walked: alike, one number, channels, rows, columns, both broadcast.
std::vector<Sample> binary(BinaryOp op, BinaryFormula formula, Range range0 = {}, Range range1 = {},
                           nlohmann::json options = {}, bool gradient = true) {
  const auto sample = [&](const Shape& a, const Shape& b, bool differentiate) {
    Sample s;
    s.name = concat(a, " ", b, options.empty() ? "" : " " + options.dump());
    s.inputs = {
        {.shape = a, .low = range0.low, .high = range0.high, .away_from_zero = range0.away_from_zero},
        {.shape = b, .low = range1.low, .high = range1.high, .away_from_zero = range1.away_from_zero}};
    s.run = [op](const Variables& v) { return op(v[0], v[1]); };
    s.reference = [formula](const std::vector<Array>& x) {
      Array y(broadcast_shape("reference", x[0].shape, x[1].shape));
      for (int64_t i = 0; i < y.shape.numel(); ++i)
        y.values[static_cast<size_t>(i)] = formula(element(x[0], y.shape, i), element(x[1], y.shape, i));
      return y;
    };
    if (!options.empty()) s.options = options;
    s.gradient = differentiate;
    s.bytes = 12.0 * static_cast<double>(broadcast_shape("sample", a, b).numel());
    s.flops = s.bytes / 12;
    return s;
  };
  return {sample({2, 3, 4}, {2, 3, 4}, gradient),
          sample({2, 3, 5}, {}, gradient),
          sample({}, {7}, gradient),
          sample({2, 3, 2, 2}, {1, 3, 1, 1}, gradient),
          sample({3, 1, 2}, {2, 1}, gradient),
          sample({2, 1, 3}, {2, 3, 1}, gradient),
          sample({4, 1}, {1, 5}, gradient),
          sample({1}, {2, 1, 3}, gradient),
          sample({2, 64, 33, 9}, {1, 64, 1, 1}, false),
          sample({5, 9000}, {9000}, false),
          sample({0, 3}, {1, 3}, false)};
}

std::vector<Refusal> binary_refusals(const std::string& name, BinaryOp op) {
  return {{"shapes",
           [=] {
             op(zeros({2, 3}), zeros({2, 4}));
           },
           name + ": shapes [2,3] and [2,4] do not broadcast: axis 1 has extents 3 and 4"},
          {"dtypes", [=] { op(zeros({2}), zeros({2}, DType::f64)); }, name + ": dtypes f32 and f64 differ"}};
}

std::vector<Refusal> unary_refusals(const std::string& name, UnaryOp op) {
  return {{"dtype", [=] { op(zeros({2}, DType::i64)); }, name + ": dtype i64 is not f32 or f64"}};
}

double sigma(double x) {
  return 1 / (1 + std::exp(-x));
}

const double inf = std::numeric_limits<double>::infinity();
const double nan = std::numeric_limits<double>::quiet_NaN();

const Records records([](auto add_record) {
  using J = nlohmann::json;
  const auto add_unary = [&](const char* name, UnaryOp op, UnaryFormula formula, Range range = {},
                             std::vector<double> special = {}, bool gradient = true) {
    add_record({name, unary(op, formula, range, {}, gradient, special), unary_refusals(name, op)});
  };
  const std::vector<double> ends = {0, -0.0, inf, -inf, nan, 1e-30, -1e-30, 80, -80};
  add_unary(
      "neg", [](auto& x) { return neg(x); }, [](double x) { return -x; }, {}, ends);
  add_unary(
      "exp", [](auto& x) { return exp(x); }, [](double x) { return std::exp(x); }, {},
      {0, inf, -inf, nan, -80, 1e-20, 2.5, 5});
  add_unary(
      "log", [](auto& x) { return log(x); }, [](double x) { return std::log(x); }, {0.1, 4},
      {0, inf, -1, nan, 1, 1e-30, 1e30});
  add_unary(
      "sqrt", [](auto& x) { return sqrt(x); }, [](double x) { return std::sqrt(x); }, {0.1, 4},
      {0, inf, -1, nan});
  add_unary(
      "rsqrt", [](auto& x) { return rsqrt(x); }, [](double x) { return 1 / std::sqrt(x); }, {0.1, 4},
      {0, inf, -1, nan});
  add_unary(
      "abs", [](auto& x) { return abs(x); }, [](double x) { return std::abs(x); }, {-3, 3, 0.01}, ends);
  add_unary(
      "sign", [](auto& x) { return sign(x); }, [](double x) { return x > 0   ? 1
                                                                     : x < 0 ? -1
                                                                             : 0; }, {},
      {0, -0.0, inf, -inf, 2, -2}, false);
  add_unary(
      "square", [](auto& x) { return square(x); }, [](double x) { return x * x; }, {}, {0, inf, nan});
  add_unary(
      "reciprocal", [](auto& x) { return reciprocal(x); }, [](double x) { return 1 / x; }, {-3, 3, 0.2},
      {0, inf, -inf, nan});
  add_unary(
      "relu", [](auto& x) { return relu(x); }, [](double x) { return std::isnan(x) ? x : std::max(x, 0.0); },
      {-3, 3, 0.01}, ends);
  add_unary(
      "sigmoid", [](auto& x) { return sigmoid(x); }, sigma, {}, ends);
  add_unary(
      "tanh", [](auto& x) { return tanh(x); }, [](double x) { return std::tanh(x); }, {}, ends);
  add_unary(
      "softplus", [](auto& x) { return softplus(x); },
      [](double x) { return std::isnan(x) ? x : std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }, {},
      {0, 80, -80, inf, -inf, nan});

  std::vector<Sample> pows;
  for (double p : {2.0, 3.0, 0.5, -1.5, 0.0}) {
    const auto some = unary([p](auto& x) { return pow(x, p); }, [p](double x) { return std::pow(x, p); },
                            {0.2, 3}, {{"exponent", p}});
    pows.insert(pows.end(), some.begin(), some.end());
  }
  add_record({"pow", pows, unary_refusals("pow", [](auto& x) { return pow(x, 2); })});
  add_record({"affine",
              unary([](auto& x) { return affine(x, -1.5, 0.25); }, [](double x) { return -1.5 * x + 0.25; },
                    {}, {{"scale", -1.5}, {"shift", 0.25}}),
              unary_refusals("affine", [](auto& x) { return affine(x, 2, 1); })});
  const auto clamp_by = [](double x) { return std::isnan(x) ? x : std::min(std::max(x, -0.5), 1.0); };
  add_record({"clamp",
              unary([](auto& x) { return clamp(x, -0.5, 1); }, clamp_by, {}, {{"min", -0.5}, {"max", 1.0}},
                    true, ends),
              {{"bounds", [] { clamp(zeros({2}), 1, 0); }, "clamp: low 1 is above high 0"}}});
  add_record({"leaky_relu",
              unary([](auto& x) { return leaky_relu(x, 0.2); }, [](double x) { return x > 0 ? x : 0.2 * x; },
                    {-3, 3, 0.01}, {{"negative_slope", 0.2}}, true, ends),
              {{"slope", [] { leaky_relu(zeros({2}), -1); }, "leaky_relu: negative_slope -1 is below 0"}}});
  add_record({"full_like", unary([](auto& x) { return full_like(x, 2.5); }, [](double) { return 2.5; }, {},
                                 {{"value", 2.5}}, false)});
  add_record({"cast", [] {
                std::vector<Sample> samples;
                const std::vector<std::pair<DType, std::function<double(double)>>> targets = {
                    {DType::f32, [](double x) { return static_cast<float>(x); }},
                    {DType::f64, [](double x) { return x; }},
                    {DType::bf16, [](double x) { return static_cast<float>(bf16(static_cast<float>(x))); }},
                    {DType::i64, [](double x) { return std::trunc(x); }},
                    {DType::u8, [](double x) { return std::trunc(x); }}};
                for (const auto& [dtype, formula] : targets) {
                  const bool unsigned_target = dtype == DType::u8, is_f64 = dtype == DType::f64;
                  for (Sample s :
                       unary([dtype = dtype](auto& x) { return cast(x, dtype); }, formula,
                             {unsigned_target ? 0.0 : -90.0, 90}, {{"dtype", name_of(dtype)}}, is_f64)) {
                    s.tolerance = 1;
                    samples.push_back(s);
                  }
                }
                return samples;
              }()});

  const auto add_binary = [&](const char* name, BinaryOp op, BinaryFormula formula, Range a = {},
                              Range b = {}) {
    add_record({name, binary(op, formula, a, b), binary_refusals(name, op)});
  };
  add_binary(
      "add", [](auto& a, auto& b) { return add(a, b); }, [](double a, double b) { return a + b; });
  add_binary(
      "sub", [](auto& a, auto& b) { return sub(a, b); }, [](double a, double b) { return a - b; });
  add_binary(
      "mul", [](auto& a, auto& b) { return mul(a, b); }, [](double a, double b) { return a * b; });
  add_binary(
      "div", [](auto& a, auto& b) { return div(a, b); }, [](double a, double b) { return a / b; }, {},
      {-3, 3, 0.3});
  add_binary(
      "maximum", [](auto& a, auto& b) { return maximum(a, b); },
      [](double a, double b) { return std::max(a, b); });
  add_binary(
      "minimum", [](auto& a, auto& b) { return minimum(a, b); },
      [](double a, double b) { return std::min(a, b); });

  using Compare = Variable (*)(const Variable&, const Variable&);
  const auto add_compare = [&](const char* name, Compare op, BinaryFormula formula) {
    const BinaryOp call = op;
    std::vector<Sample> samples = binary(call, formula, {}, {}, {}, false);
    Sample ties = samples.front();
    ties.name = "ties";
    for (Input& input : ties.inputs) input.shape = {3};
    ties.inputs[0].values = {1, 2, 3};
    ties.inputs[1].values = {1, 1, 4};
    samples.push_back(ties);
    add_record({name, samples, binary_refusals(name, call)});
  };
  add_compare("eq", eq, [](double a, double b) { return a == b; });
  add_compare("ne", ne, [](double a, double b) { return a != b; });
  add_compare("lt", lt, [](double a, double b) { return a < b; });
  add_compare("le", le, [](double a, double b) { return a <= b; });
  add_compare("gt", gt, [](double a, double b) { return a > b; });
  add_compare("ge", ge, [](double a, double b) { return a >= b; });

  const auto where_sample = [](const Shape& c, const Shape& a, const Shape& b) {
    Sample s;
    s.name = concat(c, " ", a, " ", b);
    s.inputs = {{.shape = c, .low = 0, .high = 1.999, .dtype = DType::u8, .differentiable = false},
                {.shape = a},
                {.shape = b}};
    s.run = [](const Variables& v) { return where(v[0], v[1], v[2]); };
    s.reference = [](const std::vector<Array>& x) {
      Array y(broadcast_shape("r", x[0].shape, broadcast_shape("r", x[1].shape, x[2].shape)));
      for (int64_t i = 0; i < y.shape.numel(); ++i)
        y.values[static_cast<size_t>(i)] =
            element(x[0], y.shape, i) != 0 ? element(x[1], y.shape, i) : element(x[2], y.shape, i);
      return y;
    };
    s.tolerance = 0;
    return s;
  };
  add_record({"where",
              {where_sample({3, 4}, {3, 4}, {3, 4}), where_sample({3, 1}, {1, 4}, {}),
               where_sample({5}, {2, 5}, {2, 1})},
              {{"condition", [] { where(zeros({2}), zeros({2}), zeros({2})); },
                "where: condition has dtype f32, not u8"},
               {"shapes", [] { where(zeros({3}, DType::u8), zeros({2}), zeros({2})); },
                "where: shapes [3] and [2] do not broadcast"}}});

  add_record({"clamp_grad", binary([](auto& g, auto& x) { return clamp_grad(g, x, -0.5, 1); },
                                   [](double g, double x) { return x >= -0.5 && x <= 1 ? g : 0; }, {}, {},
                                   J{{"min", -0.5}, {"max", 1.0}})});
  add_record({"leaky_relu_grad", binary([](auto& g, auto& y) { return leaky_relu_grad(g, y, 0.2); },
                                        [](double g, double y) { return y > 0 ? g : 0.2 * g; }, {}, {},
                                        J{{"negative_slope", 0.2}})});
  add_record({"sigmoid_grad", binary([](auto& g, auto& y) { return sigmoid_grad(g, y); },
                                     [](double g, double y) { return g * y * (1 - y); })});
  add_record({"tanh_grad", binary([](auto& g, auto& y) { return tanh_grad(g, y); },
                                  [](double g, double y) { return g * (1 - y * y); })});
});

std::vector<Sample> increment_samples() {
  std::vector<Sample> samples;
  for (const Shape& shape : {Shape{}, Shape{3, 67}, Shape{0}}) {
    Sample s;
    s.name = concat(shape);
    s.inputs = {{.shape = shape, .low = -9, .high = 9, .dtype = DType::i64, .differentiable = false}};
    s.run = [](const Variables& v) {
      Tensor y = v[0].value().clone();
      kernels::increment(y);
      return Variable(y);
    };
    s.reference = [](const std::vector<Array>& x) {
      Array y = x[0];
      for (double& value : y.values) ++value;
      return y;
    };
    s.gradient = false;
    samples.push_back(s);
  }
  return samples;
}

const Records kernel_records([](auto add) { add({"increment", increment_samples()}); }, kernel_table());

}  // namespace
}  // namespace saddle::test
