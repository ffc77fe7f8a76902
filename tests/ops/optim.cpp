// Records of the updates of weights, against PyTorch's formulas, a weight at a time.
#include "kernels/optim.h"

#include <cmath>

#include "tests/ops/record.h"

namespace saddle::test {
namespace {

using Tensors = std::vector<Tensor>;
/// A kernel on what it updates, x, and the gradient.
using Run = std::function<void(Tensors& x, const Tensor& g)>;
/// One weight's gradient and what belongs to it.
using Formula = std::function<void(double g, std::vector<double>& x)>;

/// Samples of an update: sizes around the vector lengths, and one above the size of a thread's share.
/// `ranges` are those of the tensors that it overwrites. The output is all of them, end to end.
std::vector<Sample> update(const std::string& options, std::vector<std::pair<double, double>> ranges,
                           double elements_moved, double flops, Run run, Formula formula) {
  std::vector<Sample> samples;
  for (const int64_t n : {37, 1, 64, 40000, 0}) {
    const Shape shape{n};
    Sample s;
    s.name = concat(shape, options.empty() ? "" : " " + options);
    s.inputs = {{.shape = shape}};
    for (const auto& [low, high] : ranges) s.inputs.push_back({.shape = shape, .low = low, .high = high});
    s.run = [run, n](const Variables& v) {
      Tensors x;
      for (size_t k = 1; k < v.size(); ++k) x.push_back(v[k].value().clone());
      run(x, v[0].value());
      const auto all = static_cast<int64_t>(x.size());
      Tensor y = Tensor::like(x[0], {all, n});
      dispatch_float("update", y.dtype(), [&]<class T>() {
        for (int64_t k = 0; k < all; ++k)
          std::copy_n(x[static_cast<size_t>(k)].data<T>(), n, y.data<T>() + k * n);
      });
      return Variable(y);
    };
    s.reference = [formula, n](const std::vector<Array>& in) {
      Array y({static_cast<int64_t>(in.size()) - 1, n});
      for (int64_t i = 0; i < n; ++i) {
        std::vector<double> x;
        for (size_t k = 1; k < in.size(); ++k) x.push_back(in[k].at(i));
        formula(in[0].at(i), x);
        for (size_t k = 0; k < x.size(); ++k) y.at(k, i) = x[k];
      }
      return y;
    };
    s.gradient = false;
    s.bytes = 4 * elements_moved * static_cast<double>(n);
    s.flops = flops * static_cast<double>(n);
    samples.push_back(s);
  }
  return samples;
}

void append(std::vector<Sample>& all, const std::vector<Sample>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

constexpr std::pair<double, double> any{-1, 1}, squares{0.5, 1.5}, small{-0.5, 0.5};

std::vector<Sample> sgd_samples() {
  std::vector<Sample> samples;
  for (const double decay : {0.0, 0.1}) {
    append(samples, update(
                        concat("decay ", decay), {any}, 3, 4,
                        [=](Tensors& x, const Tensor& g) {
                          Tensor none;
                          kernels::sgd(x[0], g, none, {.lr = 0.3, .weight_decay = decay});
                        },
                        [=](double g, std::vector<double>& x) { x[0] -= 0.3 * (g + decay * x[0]); }));
    for (const bool nesterov : {false, true})
      append(samples,
             update(
                 concat("momentum 0.9, decay ", decay, nesterov ? ", nesterov" : ""), {any, any}, 5, 6,
                 [=](Tensors& x, const Tensor& g) {
                   kernels::sgd(x[0], g, x[1],
                                {.lr = 0.3, .momentum = 0.9, .weight_decay = decay, .nesterov = nesterov});
                 },
                 [=](double g, std::vector<double>& x) {
                   g += decay * x[0];
                   x[1] = 0.9 * x[1] + g;
                   x[0] -= 0.3 * (nesterov ? g + 0.9 * x[1] : x[1]);
                 }));
  }
  return samples;
}

std::vector<Sample> adam_samples() {
  std::vector<Sample> samples;
  for (const double decay : {0.0, 0.1})
    for (const bool decoupled : {false, true})
      append(samples, update(
                          concat("decay ", decay, decoupled ? ", decoupled" : ""), {any, any, squares}, 7, 15,
                          [=](Tensors& x, const Tensor& g) {
                            kernels::adam(x[0], g, x[1], x[2],
                                          {.lr = 0.3,
                                           .beta1 = 0.5,
                                           .beta2 = 0.99,
                                           .eps = 1e-3,
                                           .weight_decay = decay,
                                           .decoupled = decoupled,
                                           .correction1 = 0.75,
                                           .correction2 = 0.2});
                          },
                          [=](double g, std::vector<double>& x) {
                            if (decoupled)
                              x[0] *= 1 - 0.3 * decay;
                            else
                              g += decay * x[0];
                            x[1] = 0.5 * x[1] + (1 - 0.5) * g;
                            x[2] = 0.99 * x[2] + (1 - 0.99) * g * g;
                            x[0] -= 0.3 / 0.75 * x[1] / (std::sqrt(x[2]) / std::sqrt(0.2) + 1e-3);
                          }));
  return samples;
}

std::vector<Sample> rmsprop_samples() {
  std::vector<Sample> samples;
  for (const bool centered : {false, true})
    for (const double momentum : {0.0, 0.9})
      for (const double decay : {0.0, 0.1}) {
        std::vector<std::pair<double, double>> ranges = {any, squares};
        if (centered) ranges.push_back(small);
        if (momentum != 0) ranges.push_back(any);
        append(samples, update(
                            concat("decay ", decay, ", momentum ", momentum, centered ? ", centered" : ""),
                            ranges, 1 + 2 * static_cast<double>(ranges.size()), 12,
                            [=](Tensors& x, const Tensor& g) {
                              Tensor none;
                              kernels::rmsprop(x[0], g, x[1], centered ? x[2] : none,
                                               momentum != 0 ? x.back() : none,
                                               {.lr = 0.3,
                                                .alpha = 0.9,
                                                .eps = 1e-3,
                                                .weight_decay = decay,
                                                .momentum = momentum,
                                                .centered = centered});
                            },
                            [=](double g, std::vector<double>& x) {
                              g += decay * x[0];
                              x[1] = 0.9 * x[1] + (1 - 0.9) * g * g;
                              double variance = x[1];
                              if (centered) {
                                x[2] = 0.9 * x[2] + (1 - 0.9) * g;
                                variance -= x[2] * x[2];
                              }
                              double step = g / (std::sqrt(variance) + 1e-3);
                              if (momentum != 0) step = x.back() = momentum * x.back() + step;
                              x[0] -= 0.3 * step;
                            }));
      }
  return samples;
}

const Records records(
    [](auto add) {
      add({"sgd", sgd_samples()});
      add({"adam", adam_samples()});
      add({"rmsprop", rmsprop_samples()});
      add({"lerp", update(
                       "", {any}, 3, 3, [](Tensors& x, const Tensor& g) { kernels::lerp(x[0], g, 0.125); },
                       [](double g, std::vector<double>& x) { x[0] += 0.125 * (g - x[0]); })});
    },
    kernel_table());

}  // namespace
}  // namespace saddle::test
