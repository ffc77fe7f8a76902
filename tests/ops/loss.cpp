// Records of the losses.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/ops/record.h"

namespace saddle::test {
namespace {

constexpr Reduction reductions[] = {Reduction::mean, Reduction::sum, Reduction::none};

const char* name_of(Reduction reduction) {
  return reduction == Reduction::mean ? "mean" : reduction == Reduction::sum ? "sum" : "none";
}

Array reduce(const Array& losses, Reduction reduction) {
  if (reduction == Reduction::none) return losses;
  Array y{Shape{}};
  long double sum = 0;
  for (const double v : losses.values) sum += static_cast<long double>(v);
  y.values[0] = static_cast<double>(sum);
  if (reduction == Reduction::mean) y.values[0] /= static_cast<double>(losses.values.size());
  return y;
}

struct Loss {
  Variable (*of_tensor)(const Variable&, const Variable&, Reduction);
  Variable (*of_number)(const Variable&, double, Reduction);
  double (*formula)(double x, double t);
  double low, high;  // of targets
  double apart;      // x keeps off the kink at the targets
  std::vector<double> numbers;
};

std::vector<Sample> samples(const Loss& loss) {
  std::vector<Sample> all;
  const auto add = [&](const Shape& shape, Reduction reduction, bool gradient, double range,
                       const double* number) {
    Sample s;
    s.name = concat(shape, " ", name_of(reduction), range > 5 ? " large" : "");
    s.inputs = {{.shape = shape, .low = -range, .high = range, .away_from_zero = loss.apart}};
    s.options = {{"reduction", name_of(reduction)}};
    if (number) {
      s.name += concat(" target ", *number);
      s.options["target"] = *number;
    } else {
      s.inputs.push_back({.shape = shape, .low = loss.low, .high = loss.high});
    }
    s.run = [=, t = number ? *number : 0.0, given = number != nullptr](const Variables& v) {
      return given ? loss.of_number(v[0], t, reduction) : loss.of_tensor(v[0], v[1], reduction);
    };
    s.reference = [=, t = number ? *number : 0.0](const std::vector<Array>& v) {
      Array losses = v[0];
      for (size_t i = 0; i < losses.values.size(); ++i)
        losses.values[i] = loss.formula(v[0].values[i], v.size() > 1 ? v[1].values[i] : t);
      return reduce(losses, reduction);
    };
    s.gradient = gradient;
    s.tolerance = std::max(32.0, std::sqrt(static_cast<double>(shape.numel())));
    all.push_back(s);
  };
  for (const Reduction reduction : reductions) {
    if (loss.of_tensor) add({2, 3}, reduction, true, 2, nullptr);
    for (const double& number : loss.numbers) add({3, 2}, reduction, true, 2, &number);
  }
  if (loss.of_tensor) {
    add({}, Reduction::mean, true, 2, nullptr);
    add({7, 33}, Reduction::mean, false, 2, nullptr);
    add({5, 31}, Reduction::none, false, 40, nullptr);
    add({3, 5501}, Reduction::mean, false, 2, nullptr);  // more than a task's or a block's elements
  }
  for (const double& number : loss.numbers) {
    add({5, 31}, Reduction::none, false, 200, &number);
    add({13, 31}, Reduction::mean, false, 200, &number);
  }
  add({3, 5501}, Reduction::mean, false, 2, &loss.numbers[0]);
  return all;
}

/// A loss's derivative by x.
struct Slope {
  kernels::LossKind kind;
  const char* name;
  double (*formula)(double x, double t);
};

const Slope slopes[] = {
    {kernels::LossKind::bce, "bce", [](double x, double t) { return 1 / (1 + std::exp(-x)) - t; }},
    {kernels::LossKind::mse, "mse", [](double x, double t) { return 2 * (x - t); }},
    {kernels::LossKind::l1, "l1", [](double x, double t) { return x > t ? 1.0 : -1.0; }},
    {kernels::LossKind::hinge, "hinge", [](double x, double t) { return t * x < 1 ? -t : 0.0; }}};

Sample loss_grad_sample(const Slope& slope, const Shape& shape, bool of_tensor, bool gradient) {
  Sample s;
  const kernels::LossRule rule{slope.kind, 1, 0.25};
  s.name = concat(slope.name, " ", shape, of_tensor ? " targets" : "");
  // Targets of -0.2 to 0.2, and one of 1: no kink is near.
  s.inputs = {{.shape = {}}, {.shape = shape, .low = -0.9, .high = 0.9, .away_from_zero = 0.3}};
  if (of_tensor) s.inputs.push_back({.shape = shape, .low = -0.2, .high = 0.2});
  s.run = [=](const Variables& v) { return loss_grad(v[0], v[1], of_tensor ? v[2] : Variable(), rule); };
  s.reference = [=](const std::vector<Array>& v) {
    Array gx = v[1];
    for (size_t i = 0; i < gx.values.size(); ++i)
      gx.values[i] =
          v[0].values[0] * rule.scale * slope.formula(v[1].values[i], of_tensor ? v[2].values[i] : 1);
    return gx;
  };
  s.options = {{"kind", slope.name}, {"target", rule.target}, {"scale", rule.scale}};
  s.gradient = gradient;
  return s;
}

using TensorLoss = std::function<void(const Variable&, const Variable&)>;

std::vector<Refusal> refusals(const std::string& op, const TensorLoss& loss) {
  return {{"shape",
           [=] {
             loss(zeros({2, 3}), zeros({3}));
           },
           op + ": target [3] is not shaped like input [2,3]"},
          {"dtypes", [=] { loss(zeros({2}), zeros({2}, DType::f64)); }, op + ": dtypes f32 and f64 differ"},
          {"dtype", [=] { loss(zeros({2}, DType::i64), zeros({2}, DType::i64)); },
           op + ": dtype i64 is not f32 or f64"}};
}

double bce(double x, double t) {
  return std::max(x, 0.0) - t * x + std::log1p(std::exp(-std::abs(x)));
}

Sample cross_entropy_sample(const Shape& shape, const CrossEntropyOptions& options, bool gradient) {
  Sample s;
  s.name = concat(shape, " ", name_of(options.reduction), " smoothing ", options.label_smoothing);
  Input labels{.shape = {shape[0]}, .dtype = DType::i64, .differentiable = false};
  for (int64_t i = 0; i < shape[0]; ++i) labels.values.push_back(static_cast<double>((i * 7 + 1) % shape[1]));
  s.inputs = {{.shape = shape, .low = -3, .high = 3}, labels};
  s.run = [=](const Variables& v) { return cross_entropy(v[0], v[1], options); };
  s.reference = [=](const std::vector<Array>& v) {
    Array losses(Shape{shape[0]});
    for (int64_t n = 0; n < shape[0]; ++n) {
      double sum = 0, mean = 0;
      for (int64_t c = 0; c < shape[1]; ++c) {
        sum += std::exp(v[0].at(n, c));
        mean += v[0].at(n, c) / static_cast<double>(shape[1]);
      }
      const double own = v[0].at(n, static_cast<int64_t>(v[1].at(n))), smoothing = options.label_smoothing;
      losses.at(n) = std::log(sum) - (1 - smoothing) * own - smoothing * mean;
    }
    return reduce(losses, options.reduction);
  };
  s.options = {{"reduction", name_of(options.reduction)}, {"label_smoothing", options.label_smoothing}};
  s.gradient = gradient;
  s.tolerance = 32;
  return s;
}

Sample cross_entropy_grad_sample(const Shape& shape, double smoothing, bool gradient) {
  Sample s = cross_entropy_sample(shape, {smoothing, Reduction::none}, gradient);
  s.name = concat(shape, " smoothing ", smoothing);
  s.inputs.insert(s.inputs.begin(), {.shape = {shape[0]}});
  s.run = [=](const Variables& v) { return cross_entropy_grad(v[0], v[1], v[2], smoothing); };
  s.reference = [=](const std::vector<Array>& v) {
    Array gx = v[1];
    for (int64_t n = 0; n < shape[0]; ++n) {
      double sum = 0;
      for (int64_t c = 0; c < shape[1]; ++c) sum += std::exp(v[1].at(n, c));
      for (int64_t c = 0; c < shape[1]; ++c) {
        const double own = static_cast<double>(c) == v[2].at(n) ? 1 - smoothing : 0;
        gx.at(n, c) =
            v[0].at(n) * (std::exp(v[1].at(n, c)) / sum - own - smoothing / static_cast<double>(shape[1]));
      }
    }
    return gx;
  };
  s.options = {{"label_smoothing", smoothing}};
  return s;
}

const Records records([](auto add) {
  add({"bce_with_logits", samples({bce_with_logits, bce_with_logits, bce, 0, 1, 0, {0, 1, 0.9}}),
       refusals("bce_with_logits", [](auto& x, auto& t) { bce_with_logits(x, t); })});
  // Inputs keep off targets by sign or by range, where l1_loss has its kink.
  add({"mse_loss",
       samples({mse_loss, mse_loss, [](double x, double t) { return (x - t) * (x - t); }, -1, 1, 0, {0, 1}}),
       refusals("mse_loss", [](auto& x, auto& t) { mse_loss(x, t); })});
  add({"l1_loss",
       samples(
           {l1_loss, l1_loss, [](double x, double t) { return std::abs(x - t); }, -0.2, 0.2, 0.3, {0, -0.1}}),
       refusals("l1_loss", [](auto& x, auto& t) { l1_loss(x, t); })});

  add({"hinge",
       samples(
           {nullptr, hinge, [](double x, double t) { return std::max(0.0, 1 - t * x); }, 0, 0, 0, {1, -1}}),
       {{"target", [] { hinge(zeros({2}), 0.5); }, "hinge: target 0.5 is not 1 or -1"},
        {"dtype", [] { hinge(zeros({2}, DType::i64), 1); }, "hinge: dtype i64 is not f32 or f64"}}});

  std::vector<Sample> gradients;
  for (const Slope& slope : slopes)
    for (const bool of_tensor : {true, false}) {
      gradients.push_back(loss_grad_sample(slope, {2, 3}, of_tensor, true));
      gradients.push_back(loss_grad_sample(slope, {7, 37}, of_tensor, false));
    }
  gradients.push_back(loss_grad_sample(slopes[0], {3, 5501}, true, false));
  add({"loss_grad",
       gradients,
       {{"gradient", [] { loss_grad(zeros({2}), zeros({2}), {}, {}); },
         "loss_grad: output gradient [2] is not one number"},
        {"shape", [] { loss_grad(zeros({}), zeros({2}), zeros({3}), {}); },
         "loss_grad: target [3] is not shaped like input [2]"}}});

  std::vector<Sample> cross_entropies;
  for (const double smoothing : {0.0, 0.1})
    for (const Reduction reduction : reductions)
      cross_entropies.push_back(cross_entropy_sample({4, 3}, {smoothing, reduction}, true));
  cross_entropies.push_back(cross_entropy_sample({3, 1}, {}, true));
  cross_entropies.push_back(cross_entropy_sample({33, 1000}, {}, false));
  cross_entropies.push_back(cross_entropy_sample({5, 1030}, {.label_smoothing = 0.1}, false));
  add({"cross_entropy",
       cross_entropies,
       {{"logits", [] { cross_entropy(zeros({3}), zeros({3}, DType::i64)); },
         "cross_entropy: logits [3] are not [N,C]"},
        {"labels",
         [] {
           cross_entropy(zeros({3, 2}), zeros({2}, DType::i64));
         },
         "cross_entropy: labels [2] are not [3] for logits [3,2]"},
        {"labels' dtype",
         [] {
           cross_entropy(zeros({3, 2}), zeros({3}));
         },
         "cross_entropy: index has dtype f32, not i64"},
        {"label",
         [] {
           cross_entropy(zeros({2, 3}), Tensor::from<int64_t>({0, 3}, {2}));
         },
         "cross_entropy: index 3 at [1] is not in [0, 3)"},
        {"smoothing",
         [] {
           cross_entropy(zeros({2, 3}), zeros({2}, DType::i64), {.label_smoothing = 1.5});
         },
         "cross_entropy: label_smoothing 1.5 is not in [0, 1]"}}});
  add({"cross_entropy_grad",
       {cross_entropy_grad_sample({4, 3}, 0, true), cross_entropy_grad_sample({3, 5}, 0.1, true),
        cross_entropy_grad_sample({33, 130}, 0.1, false), cross_entropy_grad_sample({3, 1030}, 0, false)},
       {{"gradient",
         [] {
           cross_entropy_grad(zeros({2}), zeros({3, 2}), zeros({3}, DType::i64));
         },
         "cross_entropy_grad: output gradient [2] is not [3] for logits [3,2]"}}});
});

}  // namespace
}  // namespace saddle::test
