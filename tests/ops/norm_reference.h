// Normalisation as loops over the formulas of kernels/norm.h: what the ops with kernels are held against.
#pragma once
#include <cmath>

#include "tests/ops/activated.h"

namespace saddle::test {

using kernels::NormLayout;

enum Affine { none = 0, weight = 1, bias = 2, both = 3 };

inline NormLayout layout_of(const Shape& shape, int64_t groups, bool over_batch, double eps) {
  return {.batch = shape[0],
          .channels = shape[1],
          .positions = shape.numel() / shape[0] / shape[1],
          .groups = groups,
          .over_batch = over_batch,
          .eps = eps};
}

/// Calls f(element, statistic, affine) with the flat indices of each element in order; the last is that of
/// its weight and bias.
template <class F>
void for_each_element(const NormLayout& l, F&& f) {
  for (int64_t i = 0; i < l.batch * l.channels * l.positions; ++i) {
    const int64_t channel = i / l.positions % l.channels, sample = i / l.positions / l.channels;
    const int64_t group = channel / l.group_channels();
    f(static_cast<size_t>(i), static_cast<size_t>(l.over_batch ? group : sample * l.groups + group),
      static_cast<size_t>(sample * l.affine_step() + channel));
  }
}

/// The sum over each statistic's elements of value(i).
template <class F>
std::vector<double> sums(const NormLayout& l, F&& value) {
  std::vector<long double> sum(static_cast<size_t>(l.statistics()));
  for_each_element(l, [&](size_t i, size_t k, size_t) { sum[k] += static_cast<long double>(value(i)); });
  return std::vector<double>(sum.begin(), sum.end());
}

struct Normalized {
  std::vector<double> mean, var, r, xhat;

  Normalized(const Array& x, const NormLayout& l) : xhat(x.values) {
    const auto n = static_cast<double>(l.count());
    mean = sums(l, [&](size_t i) { return x.values[i]; });
    for (double& v : mean) v /= n;
    for_each_element(l, [&](size_t i, size_t k, size_t) { xhat[i] -= mean[k]; });
    var = sums(l, [&](size_t i) { return xhat[i] * xhat[i]; });
    for (double& v : var) r.push_back(1 / std::sqrt((v /= n) + l.eps));
    for_each_element(l, [&](size_t i, size_t k, size_t) { xhat[i] *= r[k]; });
  }
};

inline Array norm_reference(const std::vector<Array>& v, const NormLayout& l, Affine affine,
                            const Activation& activation = {}) {
  Array y = v[0];
  const Normalized n(v[0], l);
  const Array* w = affine & weight ? &v[1] : nullptr;
  const Array* b = affine & bias ? &v.back() : nullptr;
  for_each_element(l, [&](size_t i, size_t, size_t c) {
    y.values[i] = activated(activation, n.xhat[i] * (w ? w->values[c] : 1) + (b ? b->values[c] : 0));
  });
  return y;
}

/// v: gy, x and, where they take part, weight and bias. gy through the activation.
inline std::vector<double> through(const std::vector<Array>& v, const Normalized& n, const NormLayout& l,
                                   const Activation& activation) {
  std::vector<double> g = v[0].values;
  for_each_element(l, [&](size_t i, size_t, size_t c) {
    const double given =
        n.xhat[i] * (v.size() > 2 ? v[2].values[c] : 1) + (v.size() > 3 ? v[3].values[c] : 0);
    if (activation.any() && !(given > 0)) g[i] *= activation.below();
  });
  return g;
}

inline Array input_grad_reference(const std::vector<Array>& v, const NormLayout& l,
                                  const Activation& activation) {
  Array gx = v[0];
  const Normalized n(v[1], l);
  std::vector<double> g = through(v, n, l, activation);
  if (v.size() > 2) for_each_element(l, [&](size_t i, size_t, size_t c) { g[i] *= v[2].values[c]; });
  const std::vector<double> sum = sums(l, [&](size_t i) { return g[i]; });
  const std::vector<double> product = sums(l, [&](size_t i) { return g[i] * n.xhat[i]; });
  const auto count = static_cast<double>(l.count());
  for_each_element(l, [&](size_t i, size_t k, size_t) {
    gx.values[i] = n.r[k] * (g[i] - sum[k] / count - n.xhat[i] * product[k] / count);
  });
  return gx;
}

/// The gradient by weight or, with xhat left out, by bias.
inline Array affine_grad_reference(const std::vector<Array>& v, const NormLayout& l, bool of_weight,
                                   const Activation& activation) {
  Array g(l.own_affine ? Shape{l.batch, l.channels} : Shape{l.channels});
  std::vector<long double> sum(g.values.size());
  const Normalized n(v[1], l);
  const std::vector<double> gy = through(v, n, l, activation);
  for_each_element(l, [&](size_t i, size_t, size_t c) {
    sum[c] += static_cast<long double>(gy[i]) * (of_weight ? n.xhat[i] : 1);
  });
  g.values.assign(sum.begin(), sum.end());
  return g;
}

}  // namespace saddle::test
