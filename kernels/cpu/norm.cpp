// Normalisation on the CPU, forward. A task sums, then writes while what it summed is still in the cache. How
// work is cut is in norm-inl.h, what a pass does with each element in norm_pass-inl.h.
#include "kernels/norm.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/norm.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/norm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// y of a tile of rows, whose samples have weights and biases of their own.
template <class T, class A>
void write_own_rows(const Forward<T, A>& pass, const Tile& tile, const ColumnLines<T>& xhat, const T* weight,
                    const T* bias) {
  using N = Lanes<T>;
  const OfColumns<T> normalised = xhat.given();
  const N one(1);
  for (int64_t n = 0; n < tile.samples; ++n)
    for_vectors<T>(tile.count, [&, first = tile.offset(n)](int64_t j, auto... rest) {
      const int64_t at = first + j;
      const N v(normalised(typename N::Tag(), N::load(pass.x + at, rest...).v, j, rest...));
      const N w = weight ? N::load(weight + at, rest...) : one;
      pass.activation(fma(v, w, bias ? N::load(bias + at, rest...) : N())).store(pass.y + at, rest...);
    });
}

template <class T, class A>
void norm_over_batch(const Forward<T, A>& pass, const T* weight, const T* bias, double* mean, double* var,
                     const NormLayout& layout) {
  Tile::for_each(layout, [&](const Tile& tile) {
    double pivot[tile_channels], r[tile_channels];
    Pair<double> sums[tile_channels];
    Line lines[tile_channels];
    for (int64_t c = 0; c < tile.count; ++c) pivot[c] = static_cast<double>(pass.x[tile.offset(0, c)]);
    tile.add(pass, pivot, nullptr, sums);
    for (int64_t c = 0; c < tile.count; ++c) {
      const int64_t k = tile.first + c;
      const Moments m(sums[c], pivot[c], static_cast<double>(layout.count()));
      mean[k] = m.mean;
      var[k] = m.var;
      r[c] = 1 / std::sqrt(m.var + layout.eps);
    }
    if (tile.own_rows()) {
      for (int64_t c = 0; c < tile.count; ++c)
        lines[c] = Line::normalised<T>(mean[tile.first + c], r[c], 1, 0);
      return write_own_rows(pass, tile, ColumnLines<T>(lines, tile.count, 1), weight, bias);
    }
    tile.for_each_affine([&](const Tile& part) {
      for (int64_t c = 0; c < tile.count; ++c) {
        const int64_t i = part.affine(c);
        lines[c] =
            Line::normalised<T>(mean[tile.first + c], r[c], weight ? weight[i] : 1, bias ? bias[i] : 0);
      }
      part.write(pass, nullptr, lines);
    });
  });
}

template <class T, class A>
void norm_each(const Forward<T, A>& pass, const T* weight, const T* bias, double* mean, double* var,
               const NormLayout& layout) {
  using N = Lanes<T>;
  const int64_t count = layout.count(), channels = layout.group_channels(), positions = layout.positions;
  const OfRun<T> unread;
  const auto terms = pass.terms(unread);
  const auto writer = pass.writer(unread);
  for_each_group(layout, [&](int64_t sample, int64_t group) {
    const int64_t k = sample * layout.groups + group, at = k * count;
    const auto pivot = static_cast<double>(pass.x[at]);
    const Moments m(across_lanes(terms.add_run({}, at, count, pivot)), pivot, static_cast<double>(count));
    mean[k] = m.mean;
    var[k] = m.var;
    const double r = 1 / std::sqrt(m.var + layout.eps);
    const T *w = weight ? weight + group * channels : nullptr, *b = bias ? bias + group * channels : nullptr;
    if (!w && !b) {
      write_run<T>(writer, at, count, Line::normalised<T>(m.mean, r, 1, 0));
    } else if (positions > 1) {
      for (int64_t c = 0; c < channels; ++c)
        write_run<T>(writer, at + c * positions, positions,
                     Line::normalised<T>(m.mean, r, w ? w[c] : 1, b ? b[c] : 0));
    } else {
      const Line l = Line::normalised<T>(m.mean, r, 1, 0);
      const N centre(l.centre), slope(l.slope), shift(l.shift), one(1);
      for_vectors<T>(channels, [&](int64_t c, auto... rest) {
        const N xhat = fma(N::load(pass.x + at + c, rest...) - centre, slope, shift);
        pass.activation(fma(xhat, w ? N::load(w + c, rest...) : one, b ? N::load(b + c, rest...) : N()))
            .store(pass.y + at + c, rest...);
      });
    }
  });
}

void norm_lanes(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor& y, Tensor& mean,
                Tensor& var, const NormLayout& layout, const Activation& activation) {
  dispatch_float("norm", x.dtype(), [&]<class T>() {
    dispatch_rectifier(activation, [&]<template <class> class A>() {
      using Pass = Forward<T, A<Lanes<T>>>;
      const Pass pass{x.data<T>(), y.data<T>(), A<Lanes<T>>(params_of(activation))};
      const auto run = layout.over_batch ? norm_over_batch<T, A<Lanes<T>>> : norm_each<T, A<Lanes<T>>>;
      run(pass, data_or_null<T>(weight), data_or_null<T>(bias), mean.data<double>(), var.data<double>(),
          layout);
    });
  });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(norm_lanes);

void norm(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor& y, Tensor& mean, Tensor& var,
          NormLayout layout, Activation activation) {
  HWY_DYNAMIC_DISPATCH(norm_lanes)(x, weight, bias, y, mean, var, layout, activation);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
