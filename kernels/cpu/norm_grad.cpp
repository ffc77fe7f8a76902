// Normalisation on the CPU, backward: as forward (norm.cpp), and sums over the samples for the gradients by
// weight and bias.
#include "kernels/norm.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/norm_grad.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/norm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

template <class T>
void norm_grad_over_batch(const T* gy, const T* x, const T* weight, const double* mean, const double* var,
                          T* gx, T* gw, T* gb, const NormLayout& layout) {
  Tile::for_each(layout, [&](const Tile& tile) {
    Pair<double> sums[tile_channels];
    Line lines[tile_channels];
    tile.add(Terms<T>{x, gy}, mean + tile.first, sums);
    for (int64_t c = 0; c < tile.count; ++c) {
      const int64_t k = tile.first + c;
      const double r = 1 / std::sqrt(var[k] + layout.eps), w = weight ? weight[k] : 1;
      const double n = static_cast<double>(layout.count());
      if (gw) gw[k] = static_cast<T>(sums[c].b * r);
      if (gb) gb[k] = static_cast<T>(sums[c].a);
      lines[c] = Line::through<T>(mean[k], w * r, -w * r * r * r * sums[c].b / n, -w * r * sums[c].a / n);
    }
    if (gx) tile.write(Writer<T>{x, gy, gx}, lines);
  });
}

/// gx where each sample has its own statistics. partial[n, c], unless null, gets the sums over positions of
/// gy and gy xhat; it is there where there is more than one position.
template <class T>
void norm_input_grad_each(const T* gy, const T* x, const T* weight, const double* mean, const double* var,
                          T* gx, Pair<double>* partial, const NormLayout& layout) {
  using N = Lanes<T>;
  const int64_t count = layout.count(), channels = layout.group_channels(), positions = layout.positions;
  for_each_group(layout, [&](int64_t sample, int64_t group) {
    const int64_t k = sample * layout.groups + group, at = k * count;
    const double r = 1 / std::sqrt(var[k] + layout.eps), n = static_cast<double>(count);
    const T* w = weight ? weight + group * channels : nullptr;
    const Terms<T> terms{x, gy};
    Pair<double> sums;
    if (positions > 1) {
      for (int64_t c = 0; c < channels; ++c) {
        const Pair<double> own = across_lanes(terms.add_run({}, at + c * positions, positions, mean[k]));
        if (partial) partial[k * channels + c] = {own.a, own.b * r};
        sums.a += (w ? w[c] : 1) * own.a;
        sums.b += (w ? w[c] : 1) * own.b;
      }
    } else {
      Pair<Wide> wide;
      const Wide centre(mean[k]), one(1);
      for_vectors<double>(channels, [&](int64_t c, auto... rest) {
        const Wide g = load_as<double>(gy + at + c, rest...);
        add_product(wide, w ? g * load_as<double>(w + c, rest...) : g,
                    difference(x + at + c, centre, rest...));
      });
      sums = across_lanes(wide);
    }
    if (!gx) return;
    const Line line = Line::through<T>(mean[k], r, -r * r * r * sums.b / n, -r * sums.a / n);
    const Writer<T> writer{x, gy, gx};
    if (!w) {
      writer.write_run(at, count, line);
    } else if (positions > 1) {
      for (int64_t c = 0; c < channels; ++c) {
        Line own = line;
        own.gain *= w[c];
        writer.write_run(at + c * positions, positions, own);
      }
    } else {
      const N gain(line.gain), centre(line.centre), slope(line.slope), shift(line.shift);
      for_vectors<T>(channels, [&](int64_t c, auto... rest) {
        writer.write(at + c, gain * N::load(w + c, rest...), centre, slope, shift, rest...);
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
template <class T>
void norm_affine_grad_rows(const T* gy, const T* x, const double* mean, const double* var, T* gw, T* gb,
                           const NormLayout& layout) {
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
                     const Wide centre(mean[k]), r(1 / std::sqrt(var[k] + layout.eps));
                     for_vectors<double>(width, [&](int64_t j, auto... rest) {
                       Pair<Wide> sums = {Wide::load(a + j, rest...), Wide::load(b + j, rest...)};
                       add_product(sums, load_as<double>(gy + at + j, rest...),
                                   difference(x + at + j, centre, rest...) * r);
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

void norm_grad_lanes(const Tensor& gy, const Tensor& x, const Tensor& weight, const Tensor& mean,
                     const Tensor& var, Tensor& gx, Tensor& gw, Tensor& gb, const NormLayout& layout) {
  dispatch_float("norm_grad", x.dtype(), [&]<class T>() {
    const T *pgy = gy.data<T>(), *px = x.data<T>(), *pw = data_or_null<T>(weight);
    T *pgx = data_or_null<T>(gx), *pgw = data_or_null<T>(gw), *pgb = data_or_null<T>(gb);
    const double *m = mean.data<double>(), *v = var.data<double>();
    if (layout.over_batch) return norm_grad_over_batch(pgy, px, pw, m, v, pgx, pgw, pgb, layout);
    const bool affine = pgw || pgb, rows = layout.positions == 1;
    Tensor sums;
    if (affine && !rows) sums = Tensor::empty({layout.batch, layout.channels, 2}, DType::f64);
    auto* partial = sums.defined() ? reinterpret_cast<Pair<double>*>(sums.data<double>()) : nullptr;
    if (pgx || partial) norm_input_grad_each(pgy, px, pw, m, v, pgx, partial, layout);
    if (partial) sum_partial(partial, pgw, pgb, layout);
    if (affine && rows) norm_affine_grad_rows(pgy, px, m, v, pgw, pgb, layout);
  });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(norm_grad_lanes);

void norm_grad(const Tensor& gy, const Tensor& x, const Tensor& weight, const Tensor& mean, const Tensor& var,
               Tensor& gx, Tensor& gw, Tensor& gb, NormLayout layout) {
  HWY_DYNAMIC_DISPATCH(norm_grad_lanes)(gy, x, weight, mean, var, gx, gw, gb, layout);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
