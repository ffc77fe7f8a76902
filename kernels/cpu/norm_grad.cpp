// Normalisation on the CPU, backward: as forward (norm.cpp), and sums over the samples for the gradients by
// weight and bias.
#include "kernels/norm.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/norm_grad.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/norm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// Weight and bias, and what an activation was given by them.
template <class T>
struct ScaleShift {
  const T *weight, *bias;  // null: 1, 0

  ScaleShift from(int64_t channel) const {
    return {weight ? weight + channel : nullptr, bias ? bias + channel : nullptr};
  }
  Line given(double mean, double r, int64_t c) const {
    return Line::normalised<T>(mean, r, weight ? weight[c] : 1, bias ? bias[c] : 0);
  }
  OfRow<T, OfRun<T>> given_row(double mean, double r) const {
    return {OfRun<T>(Line::normalised<T>(mean, r, 1, 0)), weight, bias};
  }
};

/// A tile of rows, whose samples have weights and biases of their own.
template <class T, class P>
void norm_grad_own_rows(const P& pass, const Tile& tile, const ScaleShift<T>& all, const double* mean,
                        const double* r, T* gw, T* gb) {
  using N = Lanes<T>;
  const auto count = static_cast<double>(tile.layout.count());
  double a[tile_columns] = {}, b[tile_columns] = {};
  Line lines[tile_columns];
  for (int64_t c = 0; c < tile.count; ++c) lines[c] = Line::normalised<T>(mean[c], r[c], 1, 0);
  const ColumnLines<T> normalised(lines, tile.count, 1);
  const OfColumns<T> xhat = normalised.given();
  const auto given = [&](int64_t at) {
    const ScaleShift<T> own = all.from(at);
    return OfRow<T, OfColumns<T>>{xhat, own.weight, own.bias};
  };
  for (int64_t n = 0; n < tile.samples; ++n) {
    const int64_t first = tile.offset(n);
    const auto before = given(first);
    const auto gradient = pass.gradient(before);
    for_vectors<T>(tile.count, [&](int64_t j, auto... rest) {
      const N g(gradient(typename N::Tag(), first + j, j, rest...));
      const N x(xhat(typename N::Tag(), N::load(pass.x + first + j, rest...).v, j, rest...));
      if (gw) (g * x).store(gw + first + j, rest...);
      if (gb) g.store(gb + first + j, rest...);
    });
    if (!pass.gx) continue;
    const auto terms = pass.terms(before);
    for_vectors<double>(tile.count, [&](int64_t j, auto... rest) {
      Pair<Wide> sums = {Wide::load(a + j, rest...), Wide::load(b + j, rest...)};
      const Wide g = terms.gradient_at(first + j, j, rest...);
      add_product(sums, all.weight ? g * load_as<double>(all.weight + first + j, rest...) : g,
                  difference(pass.x + first + j, Wide::load(mean + j, rest...), rest...));
      sums.a.store(a + j, rest...);
      sums.b.store(b + j, rest...);
    });
  }
  if (!pass.gx) return;
  for (int64_t c = 0; c < tile.count; ++c)
    lines[c] = Line::through<T>(mean[c], r[c], -r[c] * r[c] * r[c] * b[c] / count, -r[c] * a[c] / count);
  const ColumnLines<T> l(lines, tile.count, 1);
  for (int64_t n = 0; n < tile.samples; ++n) {
    const int64_t first = tile.offset(n);
    const auto writer = pass.writer(given(first));
    for_vectors<T>(tile.count, [&](int64_t j, auto... rest) {
      const N gain = N::load(l.gain + j, rest...);
      const N own = all.weight ? gain * N::load(all.weight + first + j, rest...) : gain;
      writer.write(first + j, j, own, N::load(l.centre + j, rest...), N::load(l.slope + j, rest...),
                   N::load(l.shift + j, rest...), rest...);
    });
  }
}

template <class T, class P>
void norm_grad_over_batch(const P& pass, const ScaleShift<T>& affine, const double* mean, const double* var,
                          T* gw, T* gb, const NormLayout& layout) {
  Tile::for_each(layout, [&](const Tile& tile) {
    Pair<double> sums[tile_channels], own[tile_channels];  // of gy with its weight, and of gy
    Line lines[tile_channels], given[tile_channels];
    double r[tile_channels];
    const Line* const before = P::reads_given ? given : nullptr;
    const double* const m = mean + tile.first;
    const double n = static_cast<double>(layout.count());
    const auto give = [&](const Tile& part) {
      for (int64_t c = 0; P::reads_given && c < tile.count; ++c)
        given[c] = affine.given(m[c], r[c], part.affine(c));
    };
    const auto weight = [&](int64_t i) { return affine.weight ? static_cast<double>(affine.weight[i]) : 1; };
    for (int64_t c = 0; c < tile.count; ++c) r[c] = 1 / std::sqrt(var[tile.first + c] + layout.eps);
    if (tile.own_rows()) return norm_grad_own_rows(pass, tile, affine, m, r, gw, gb);
    tile.for_each_affine([&](const Tile& part) {
      give(part);
      part.add(pass, m, before, own);
      for (int64_t c = 0; c < tile.count; ++c) {
        const int64_t i = part.affine(c);
        const double w = weight(i);
        sums[c].a += w * own[c].a;
        sums[c].b += w * own[c].b;
        if (gw) gw[i] = static_cast<T>(own[c].b * r[c]);
        if (gb) gb[i] = static_cast<T>(own[c].a);
      }
    });
    if (!pass.gx) return;
    tile.for_each_affine([&](const Tile& part) {
      if (layout.own_affine) give(part);
      for (int64_t c = 0; c < tile.count; ++c)
        lines[c] = Line::through<T>(m[c], weight(part.affine(c)) * r[c], -r[c] * r[c] * r[c] * sums[c].b / n,
                                    -r[c] * sums[c].a / n);
      part.write(pass, before, lines);
    });
  });
}

/// gx where each sample has its own statistics. partial[n, c], unless null, gets the sums over positions of
/// the gradients and their products with xhat; it is there where there is more than one position.
template <class T, class P>
void norm_input_grad_each(const P& pass, const ScaleShift<T>& all, const double* mean, const double* var,
                          Pair<double>* partial, const NormLayout& layout) {
  using N = Lanes<T>;
  const int64_t count = layout.count(), channels = layout.group_channels(), positions = layout.positions;
  for_each_group(layout, [&](int64_t sample, int64_t group) {
    const int64_t k = sample * layout.groups + group, at = k * count;
    const double r = 1 / std::sqrt(var[k] + layout.eps), n = static_cast<double>(count);
    const ScaleShift<T> affine = all.from(group * channels);
    const T* w = affine.weight;
    const auto given = [&](int64_t c) { return OfRun<T>(affine.given(mean[k], r, c)); };
    const auto given_row = affine.given_row(mean[k], r);
    Pair<double> sums;
    if (positions > 1) {
      for (int64_t c = 0; c < channels; ++c) {
        const Pair<double> own =
            across_lanes(pass.terms(given(c)).add_run({}, at + c * positions, positions, mean[k]));
        if (partial) partial[k * channels + c] = {own.a, own.b * r};
        sums.a += (w ? w[c] : 1) * own.a;
        sums.b += (w ? w[c] : 1) * own.b;
      }
    } else {
      Pair<Wide> wide;
      const Wide centre(mean[k]);
      const auto terms = pass.terms(given_row);
      for_vectors<double>(channels, [&](int64_t c, auto... rest) {
        const Wide g = terms.gradient_at(at + c, c, rest...);
        add_product(wide, w ? g * load_as<double>(w + c, rest...) : g,
                    difference(pass.x + at + c, centre, rest...));
      });
      sums = across_lanes(wide);
    }
    if (!pass.gx) return;
    const Line line = Line::through<T>(mean[k], r, -r * r * r * sums.b / n, -r * sums.a / n);
    if (!w && !P::reads_given) {
      write_run<T>(pass.writer(given_row), at, count, line);
    } else if (positions > 1) {
      for (int64_t c = 0; c < channels; ++c) {
        Line own = line;
        if (w) own.gain *= w[c];
        write_run<T>(pass.writer(given(c)), at + c * positions, positions, own);
      }
    } else {
      const N gain(line.gain), centre(line.centre), slope(line.slope), shift(line.shift);
      const auto writer = pass.writer(given_row);
      for_vectors<T>(channels, [&](int64_t c, auto... rest) {
        writer.write(at + c, c, w ? gain * N::load(w + c, rest...) : gain, centre, slope, shift, rest...);
      });
    }
  });
}

/// gw and gb from the sums of each sample, in order.
template <class T>
void sum_partial(const Pair<double>* partial, T* gw, T* gb, const NormLayout& layout) {
  parallel_for(layout.channels, std::max<int64_t>(1, grain / layout.batch), [&](int64_t begin, int64_t end) {
    for (int64_t c = begin; c < end; ++c) {
      Pair<double> sums;
      for (int64_t n = 0; n < layout.batch; ++n) {
        sums.a += partial[n * layout.channels + c].a;
        sums.b += partial[n * layout.channels + c].b;
      }
      if (gw) gw[c] = static_cast<T>(sums.b);
      if (gb) gb[c] = static_cast<T>(sums.a);
    }
  });
}

/// gw and gb where there is one position: sums down the samples, of columns that lie side by side.
template <class T, class P>
void norm_affine_grad_rows(const P& pass, const ScaleShift<T>& all, const double* mean, const double* var,
                           T* gw, T* gb, const NormLayout& layout) {
  constexpr int64_t columns = 256;  // sums in the first-level cache, and enough tasks
  const int64_t channels = layout.group_channels(), tiles = (channels + columns - 1) / columns;
  const int64_t tile_elements = layout.batch * std::min(columns, channels);
  parallel_for(layout.groups * tiles, std::max<int64_t>(1, grain / std::max<int64_t>(1, tile_elements)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t task = begin; task < end; ++task) {
                   const int64_t group = task / tiles, column = task % tiles * columns;
                   const int64_t width = std::min(columns, channels - column),
                                 first = group * channels + column;
                   double a[columns] = {}, b[columns] = {};
                   for (int64_t n = 0; n < layout.batch; ++n) {
                     const int64_t k = n * layout.groups + group, at = n * layout.channels + first;
                     const double root = 1 / std::sqrt(var[k] + layout.eps);
                     const Wide centre(mean[k]), r(root);
                     const auto terms = pass.terms(all.from(first).given_row(mean[k], root));
                     for_vectors<double>(width, [&](int64_t j, auto... rest) {
                       Pair<Wide> sums = {Wide::load(a + j, rest...), Wide::load(b + j, rest...)};
                       add_product(sums, terms.gradient_at(at + j, j, rest...),
                                   difference(pass.x + at + j, centre, rest...) * r);
                       sums.a.store(a + j, rest...);
                       sums.b.store(b + j, rest...);
                     });
                   }
                   for (int64_t j = 0; j < width; ++j) {
                     if (gw) gw[first + j] = static_cast<T>(b[j]);
                     if (gb) gb[first + j] = static_cast<T>(a[j]);
                   }
                 }
               });
}

template <class T, class P>
void norm_grad_pass(const P& pass, const ScaleShift<T>& affine, const double* mean, const double* var, T* gw,
                    T* gb, const NormLayout& layout) {
  if (layout.over_batch) return norm_grad_over_batch(pass, affine, mean, var, gw, gb, layout);
  const bool summed = gw || gb, rows = layout.positions == 1;
  Tensor sums;
  if (summed && !rows) sums = Tensor::empty({layout.batch, layout.channels, 2}, DType::f64);
  auto* partial = sums.defined() ? reinterpret_cast<Pair<double>*>(sums.data<double>()) : nullptr;
  if (pass.gx || partial) norm_input_grad_each(pass, affine, mean, var, partial, layout);
  if (partial) sum_partial(partial, gw, gb, layout);
  if (summed && rows) norm_affine_grad_rows(pass, affine, mean, var, gw, gb, layout);
}

void norm_grad_lanes(const Tensor& gy, const Tensor& x, const Tensor& weight, const Tensor& bias,
                     const Tensor& mean, const Tensor& var, Tensor& gx, Tensor& gw, Tensor& gb,
                     const NormLayout& layout, const Activation& activation) {
  dispatch_float("norm_grad", x.dtype(), [&]<class T>() {
    const auto run = [&](const auto& pass) {
      norm_grad_pass(pass, ScaleShift<T>{data_or_null<T>(weight), data_or_null<T>(bias)}, mean.data<double>(),
                     var.data<double>(), data_or_null<T>(gw), data_or_null<T>(gb), layout);
    };
    const auto slope = static_cast<T>(activation.below());
    if (activation.any())
      run(Backward<T, true>{x.data<T>(), gy.data<T>(), data_or_null<T>(gx), slope});
    else
      run(Backward<T, false>{x.data<T>(), gy.data<T>(), data_or_null<T>(gx), slope});
  });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(norm_grad_lanes);

void norm_grad(const Tensor& gy, const Tensor& x, const Tensor& weight, const Tensor& bias,
               const Tensor& mean, const Tensor& var, Tensor& gx, Tensor& gw, Tensor& gb, NormLayout layout,
               Activation activation) {
  HWY_DYNAMIC_DISPATCH(norm_grad_lanes)
  (gy, x, weight, bias, mean, var, gx, gw, gb, layout, activation);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
