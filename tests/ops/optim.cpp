// Records of the updates of weights, against PyTorch's formulas, a weight at a time. A call updates several
// tensors, each with numbers of its own, some of which lie in memory.
#include "kernels/optim.h"

#include <cmath>

#include "tests/ops/record.h"

namespace saddle::test {
namespace {

using kernels::StepScalars;
using kernels::Varying;

/// What a call is given for one tensor: x, all that it updates, the gradient, and its numbers.
struct Entry {
  std::vector<Tensor> x;
  Tensor g;
  Varying<StepScalars> now;
};
using Entries = std::vector<Entry>;
using Run = std::function<void(Entries& all)>;
/// One weight's gradient and what belongs to it.
using Formula = std::function<void(double g, std::vector<double>& x, const StepScalars& now)>;

/// The numbers of entry k, which repeat after three.
StepScalars numbers(size_t k) {
  const auto age = static_cast<double>(k % 3 + 1);
  return {.rate = 0.3 / age, .root = std::sqrt(0.2 * age), .shrink = 1 - 0.01 * age};
}

/// Those of the entries with odd numbers lie in a slot each; their arguments hold what must not be read.
std::vector<Varying<StepScalars>> arguments(size_t entries, Tensor& slots, Device device) {
  std::vector<double> values;
  for (size_t k = 0; k < entries; ++k) {
    const StepScalars now = numbers(k);
    values.insert(values.end(), {now.rate, now.root, now.shrink});
  }
  static_assert(sizeof(StepScalars) == 3 * sizeof(double));
  slots = Tensor::from(values, {static_cast<int64_t>(entries), 3}, device);
  const auto* const slot = static_cast<const StepScalars*>(slots.raw());
  std::vector<Varying<StepScalars>> all;
  for (size_t k = 0; k < entries; ++k)
    all.push_back(k % 2 ? Varying<StepScalars>{{.rate = NAN, .root = NAN, .shrink = NAN}, slot + k}
                        : Varying<StepScalars>{numbers(k)});
  return all;
}

/// A sample of tensors with so many elements each, end to end in the inputs and in the output, whose rows are
/// what the call updates.
Sample sample(const std::string& name, const std::vector<int64_t>& sizes,
              const std::vector<std::pair<double, double>>& ranges, const Run& run, const Formula& formula) {
  int64_t total = 0;
  for (const int64_t n : sizes) total += n;
  Sample s;
  s.name = name;
  s.inputs = {{.shape = {total}}};
  for (const auto& [low, high] : ranges) s.inputs.push_back({.shape = {total}, .low = low, .high = high});
  s.run = [=](const Variables& v) {
    Tensor slots;
    const auto now = arguments(sizes.size(), slots, v[0].device());
    Entries all;
    int64_t begin = 0;
    for (size_t k = 0; k < sizes.size(); begin += sizes[k++]) {
      const auto piece = [&](const Variable& x) {
        return slice(x, 0, begin, begin + sizes[k]).value().clone();
      };
      all.push_back({{}, piece(v[0]), now[k]});
      for (size_t i = 1; i < v.size(); ++i) all.back().x.push_back(piece(v[i]));
    }
    run(all);
    Variables rows;
    for (size_t i = 0; i + 1 < v.size(); ++i) {
      Variables pieces;
      for (const Entry& entry : all) pieces.push_back(entry.x[i]);
      rows.push_back(concat(pieces, 0));
    }
    return stack(rows, 0);
  };
  s.reference = [=](const std::vector<Array>& in) {
    Array y({static_cast<int64_t>(in.size()) - 1, total});
    int64_t i = 0;
    for (size_t k = 0; k < sizes.size(); ++k)
      for (const int64_t end = i + sizes[k]; i < end; ++i) {
        std::vector<double> x;
        for (size_t r = 1; r < in.size(); ++r) x.push_back(in[r].at(i));
        formula(in[0].at(i), x, numbers(k));
        for (size_t r = 0; r < x.size(); ++r) y.at(r, i) = x[r];
      }
    return y;
  };
  s.gradient = false;
  return s;
}

/// Around vector lengths, around the piece of a GPU's block and of a CPU's thread, and more tensors than one
/// launch takes. `ranges` are those of the tensors that are overwritten.
std::vector<Sample> update(const std::string& options, const std::vector<std::pair<double, double>>& ranges,
                           const Run& run, const Formula& formula) {
  const std::vector<std::pair<const char*, std::vector<int64_t>>> layouts = {
      {"37", {37}},
      {"1, 64", {1, 64}},
      {"3, 0, 2047, 2049, 1023", {3, 0, 2047, 2049, 1023}},
      {"16385, 5", {16385, 5}},
      {"none", {0, 0}},
      {"130 times 3", std::vector<int64_t>(130, 3)}};
  std::vector<Sample> samples;
  for (const auto& [name, sizes] : layouts)
    samples.push_back(
        sample(concat(name, options.empty() ? "" : ", ", options), sizes, ranges, run, formula));
  return samples;
}

void append(std::vector<Sample>& all, const std::vector<Sample>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

constexpr std::pair<double, double> any{-1, 1}, squares{0.5, 1.5}, small{-0.5, 0.5};

std::vector<Sample> sgd_samples() {
  const auto run = [](const kernels::SgdOptions& options) {
    return [=](Entries& all) {
      std::vector<kernels::SgdTensors> tensors;
      for (Entry& e : all) tensors.push_back({e.x[0], e.g, options.momentum == 0 ? Tensor() : e.x[1], e.now});
      kernels::sgd(tensors, options);
    };
  };
  std::vector<Sample> samples;
  for (const double decay : {0.0, 0.1}) {
    append(samples, update(concat("decay ", decay), {any}, run({.weight_decay = decay}),
                           [=](double g, std::vector<double>& x, const StepScalars& now) {
                             x[0] -= now.rate * (g + decay * x[0]);
                           }));
    for (const bool nesterov : {false, true})
      append(samples, update(concat("momentum 0.9, decay ", decay, nesterov ? ", nesterov" : ""), {any, any},
                             run({.momentum = 0.9, .weight_decay = decay, .nesterov = nesterov}),
                             [=](double g, std::vector<double>& x, const StepScalars& now) {
                               g += decay * x[0];
                               x[1] = 0.9 * x[1] + g;
                               x[0] -= now.rate * (nesterov ? g + 0.9 * x[1] : x[1]);
                             }));
  }
  return samples;
}

std::vector<Sample> adam_samples() {
  std::vector<Sample> samples;
  for (const double decay : {0.0, 0.1})
    append(samples, update(
                        concat("decay ", decay), {any, any, squares},
                        [=](Entries& all) {
                          std::vector<kernels::AdamTensors> tensors;
                          for (Entry& e : all) tensors.push_back({e.x[0], e.g, e.x[1], e.x[2], e.now});
                          kernels::adam(tensors,
                                        {.beta1 = 0.5, .beta2 = 0.99, .eps = 1e-3, .weight_decay = decay});
                        },
                        [=](double g, std::vector<double>& x, const StepScalars& now) {
                          x[0] *= now.shrink;
                          g += decay * x[0];
                          x[1] = 0.5 * x[1] + (1 - 0.5) * g;
                          x[2] = 0.99 * x[2] + (1 - 0.99) * g * g;
                          x[0] -= now.rate * x[1] / (std::sqrt(x[2]) / now.root + 1e-3);
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
        append(samples,
               update(
                   concat("decay ", decay, ", momentum ", momentum, centered ? ", centered" : ""), ranges,
                   [=](Entries& all) {
                     std::vector<kernels::RmspropTensors> tensors;
                     for (Entry& e : all)
                       tensors.push_back({e.x[0], e.g, e.x[1], centered ? e.x[2] : Tensor(),
                                          momentum != 0 ? e.x.back() : Tensor(), e.now});
                     kernels::rmsprop(tensors, {.alpha = 0.9,
                                                .eps = 1e-3,
                                                .weight_decay = decay,
                                                .momentum = momentum,
                                                .centered = centered});
                   },
                   [=](double g, std::vector<double>& x, const StepScalars& now) {
                     g += decay * x[0];
                     x[1] = 0.9 * x[1] + (1 - 0.9) * g * g;
                     double variance = x[1];
                     if (centered) {
                       x[2] = 0.9 * x[2] + (1 - 0.9) * g;
                       variance -= x[2] * x[2];
                     }
                     double step = g / (std::sqrt(variance) + 1e-3);
                     if (momentum != 0) step = x.back() = momentum * x.back() + step;
                     x[0] -= now.rate * step;
                   }));
      }
  return samples;
}

std::vector<Sample> lerp_samples() {
  return update(
      "", {any},
      [](Entries& all) {
        std::vector<kernels::LerpTensors> tensors;
        for (Entry& e : all)
          tensors.push_back({e.x[0], e.g, {e.now.value.rate, e.now.slot ? &e.now.slot->rate : nullptr}});
        kernels::lerp(tensors);
      },
      [](double g, std::vector<double>& x, const StepScalars& now) { x[0] += now.rate * (g - x[0]); });
}

const Records records(
    [](auto add) {
      add({"sgd", sgd_samples()});
      add({"adam", adam_samples()});
      add({"rmsprop", rmsprop_samples()});
      add({"lerp", lerp_samples()});
    },
    kernel_table());

}  // namespace
}  // namespace saddle::test
