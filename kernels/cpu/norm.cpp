// Normalisation on the CPU. A task takes neighbouring channels of all samples (batch norm), or one group of
// one sample; it sums, then writes while what it summed is still in the cache. Sums are f64, of differences
// from a pivot near the mean, so that one pass is enough.
#include "kernels/norm.h"

#include <algorithm>
#include <cmath>

#include "core/thread_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/norm.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

using Wide = Lanes<double>;

constexpr int64_t grain = 16384;  // elements a range of parallel_for, at least
// Batch norm's tasks take neighbouring channels whose elements of one sample are so many: the longer the
// stretch of memory, the better the prefetcher, but its tasks should be some.
constexpr int64_t tile_width = 8192, least_tiles = 8;
// With fewer positions than this, vectors go across channels, with sums and coefficients for each column.
constexpr int64_t short_run = 16, tile_columns = 1024;
constexpr int64_t tile_channels = std::max(tile_columns, tile_width / short_run);

template <class T>
T* data_or_null(const Tensor& tensor) {
  return tensor.defined() ? const_cast<T*>(tensor.data<T>()) : nullptr;
}

/// Two sums: of differences and their squares, or of gradients and their products with differences.
template <class V>
struct Pair {
  V a, b;

  HWY_INLINE Pair() : a(), b() {}
  HWY_INLINE Pair(V first, V second) : a(first), b(second) {}
};

HWY_INLINE void add_product(Pair<Wide>& sums, Wide g, Wide d) {
  sums.a = sums.a + g;
  sums.b = fma(g, d, sums.b);
}
HWY_INLINE Pair<double> across_lanes(const Pair<Wide>& sums) {
  return {sum_of_lanes(sums.a), sum_of_lanes(sums.b)};
}

/// f(i) for each whole vector of n elements, then f(i, count) for the rest.
template <class T, class F>
HWY_INLINE void for_vectors(int64_t n, F&& f) {
  int64_t i = 0;
  for (; i + lanes<T>() <= n; i += lanes<T>()) f(i);
  if (i < n) f(i, static_cast<size_t>(n - i));
}

/// x - centre, 0 in lanes past the end.
template <class T>
HWY_INLINE Wide difference(const T* x, Wide centre) {
  return load_as<double>(x) - centre;
}
template <class T>
HWY_INLINE Wide difference(const T* x, Wide centre, size_t count) {
  return hn::IfThenElseZero(hn::FirstN(Wide::Tag(), count), (load_as<double>(x, count) - centre).v);
}

/// What a pass sums, at an offset into the tensors. Without gy, differences stand in for gradients: their
/// products are the squares.
template <class T>
struct Terms {
  const T *x, *gy;

  template <class... Rest>
  HWY_INLINE void add(Pair<Wide>& sums, int64_t at, Wide centre, Rest... rest) const {
    const Wide d = difference(x + at, centre, rest...);
    add_product(sums, gy ? load_as<double>(gy + at, rest...) : d, d);
  }
  /// `sums` and those of n neighbours.
  HWY_INLINE Pair<Wide> add_run(Pair<Wide> sums, int64_t at, int64_t n, double centre) const {
    const Wide c(centre);
    const int64_t step = lanes<double>();
    Pair<Wide> other;  // a second chain hides the latency of an addition
    int64_t i = 0;
    for (; i + 2 * step <= n; i += 2 * step) {
      add(sums, at + i, c);
      add(other, at + i + step, c);
    }
    sums = {sums.a + other.a, sums.b + other.b};
    for_vectors<double>(n - i, [&](int64_t j, auto... rest) { add(sums, at + i + j, c, rest...); });
    return sums;
  }
};

struct Moments {
  double mean, var;

  Moments(Pair<double> sums, double pivot, double count) {
    const double shift = sums.a / count;
    mean = pivot + shift;
    var = sums.b / count - shift * shift;
    if (var < 0) var = 0;  // rounding; NaN stays
  }
};

/// What a channel's elements are written with: z = gain gy + slope (x - centre) + shift.
struct Line {
  double gain = 0, centre = 0, slope = 0, shift = 0;

  /// z = a gy + b (x - mean) + c, with the mean split into what T can hold and a rest, so that nothing is
  /// lost where it is far above the deviation.
  template <class T>
  static Line through(double mean, double a, double b, double c) {
    const double centre = static_cast<double>(static_cast<T>(mean));
    return {a, centre, b, c - b * (mean - centre)};
  }
};

/// Where the pass that writes reads and writes. Without gy, that term is dropped.
template <class T>
struct Writer {
  using N = Lanes<T>;
  const T *x, *gy;
  T* z;

  template <class... Rest>
  HWY_INLINE void write(int64_t at, N gain, N centre, N slope, N shift, Rest... rest) const {
    const N line = fma(N::load(x + at, rest...) - centre, slope, shift);
    (gy ? fma(N::load(gy + at, rest...), gain, line) : line).store(z + at, rest...);
  }
  HWY_INLINE void write_run(int64_t at, int64_t n, const Line& l) const {
    const N gain(l.gain), centre(l.centre), slope(l.slope), shift(l.shift);
    for_vectors<T>(n, [&](int64_t i, auto... rest) { write(at + i, gain, centre, slope, shift, rest...); });
  }
};

/// Neighbouring channels of all samples, with statistics over the batch.
struct Tile {
  const NormLayout& layout;
  int64_t first, count;

  int64_t width() const { return count * layout.positions; }
  int64_t offset(int64_t sample, int64_t channel = 0) const {
    return (sample * layout.channels + first + channel) * layout.positions;
  }

  static int64_t channels_of(const NormLayout& layout) {
    const int64_t width = layout.positions < short_run ? tile_columns : tile_width;
    return std::clamp<int64_t>(width / layout.positions, 1,
                               (layout.channels + least_tiles - 1) / least_tiles);
  }
  template <class F>
  static void for_each(const NormLayout& layout, F&& f) {
    const int64_t each = channels_of(layout), tiles = (layout.channels + each - 1) / each;
    const int64_t elements = each * layout.positions * layout.batch;
    parallel_for(tiles, std::max<int64_t>(1, grain / elements), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        f(Tile{layout, i * each, std::min(each, layout.channels - i * each)});
    });
  }

  /// sums[c] of each channel's terms.
  template <class T>
  void add(const Terms<T>& terms, const double* centre, Pair<double>* sums) const {
    if (layout.positions < short_run) return add_columns(terms, centre, sums);
    Pair<Wide> partial[tile_width / short_run];
    std::fill_n(partial, count, Pair<Wide>());
    for (int64_t n = 0; n < layout.batch; ++n)
      for (int64_t c = 0; c < count; ++c)
        partial[c] = terms.add_run(partial[c], offset(n, c), layout.positions, centre[c]);
    for (int64_t c = 0; c < count; ++c) sums[c] = across_lanes(partial[c]);
  }
  template <class T>
  void add_columns(const Terms<T>& terms, const double* centre, Pair<double>* sums) const {
    double centres[tile_columns], a[tile_columns] = {}, b[tile_columns] = {};
    for (int64_t j = 0; j < width(); ++j) centres[j] = centre[j / layout.positions];
    for (int64_t n = 0; n < layout.batch; ++n)
      for_vectors<double>(width(), [&](int64_t j, auto... rest) {
        Pair<Wide> column = {Wide::load(a + j, rest...), Wide::load(b + j, rest...)};
        terms.add(column, offset(n) + j, Wide::load(centres + j, rest...), rest...);
        column.a.store(a + j, rest...);
        column.b.store(b + j, rest...);
      });
    std::fill_n(sums, count, Pair<double>());
    for (int64_t j = 0; j < width(); ++j) {
      sums[j / layout.positions].a += a[j];
      sums[j / layout.positions].b += b[j];
    }
  }

  template <class T>
  void write(const Writer<T>& writer, const Line* lines) const {
    if (layout.positions < short_run) return write_columns(writer, lines);
    for (int64_t n = 0; n < layout.batch; ++n)
      for (int64_t c = 0; c < count; ++c) writer.write_run(offset(n, c), layout.positions, lines[c]);
  }
  template <class T>
  void write_columns(const Writer<T>& writer, const Line* lines) const {
    using N = Lanes<T>;
    T gain[tile_columns], centre[tile_columns], slope[tile_columns], shift[tile_columns];
    for (int64_t j = 0; j < width(); ++j) {
      const Line& l = lines[j / layout.positions];
      gain[j] = static_cast<T>(l.gain);
      centre[j] = static_cast<T>(l.centre);
      slope[j] = static_cast<T>(l.slope);
      shift[j] = static_cast<T>(l.shift);
    }
    for (int64_t n = 0; n < layout.batch; ++n)
      for_vectors<T>(width(), [&](int64_t j, auto... rest) {
        writer.write(offset(n) + j, N::load(gain + j, rest...), N::load(centre + j, rest...),
                     N::load(slope + j, rest...), N::load(shift + j, rest...), rest...);
      });
  }
};

template <class T>
void norm_over_batch(const T* x, const T* weight, const T* bias, T* y, double* mean, double* var,
                     const NormLayout& layout) {
  Tile::for_each(layout, [&](const Tile& tile) {
    double pivot[tile_channels];
    Pair<double> sums[tile_channels];
    Line lines[tile_channels];
    for (int64_t c = 0; c < tile.count; ++c) pivot[c] = static_cast<double>(x[tile.offset(0, c)]);
    tile.add(Terms<T>{x, nullptr}, pivot, sums);
    for (int64_t c = 0; c < tile.count; ++c) {
      const int64_t k = tile.first + c;
      const Moments m(sums[c], pivot[c], static_cast<double>(layout.count()));
      mean[k] = m.mean;
      var[k] = m.var;
      lines[c] = Line::through<T>(m.mean, 0, (weight ? weight[k] : 1) / std::sqrt(m.var + layout.eps),
                                  bias ? bias[k] : 0);
    }
    tile.write(Writer<T>{x, nullptr, y}, lines);
  });
}

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

/// f(sample, group) for each group of each sample.
template <class F>
void for_each_group(const NormLayout& layout, F&& f) {
  parallel_for(layout.batch * layout.groups, std::max<int64_t>(1, grain / layout.count()),
               [&](int64_t begin, int64_t end) {
                 for (int64_t i = begin; i < end; ++i) f(i / layout.groups, i % layout.groups);
               });
}

template <class T>
void norm_each(const T* x, const T* weight, const T* bias, T* y, double* mean, double* var,
               const NormLayout& layout) {
  using N = Lanes<T>;
  const int64_t count = layout.count(), channels = layout.group_channels(), positions = layout.positions;
  for_each_group(layout, [&](int64_t sample, int64_t group) {
    const int64_t k = sample * layout.groups + group, at = k * count;
    const auto pivot = static_cast<double>(x[at]);
    const Moments m(across_lanes(Terms<T>{x, nullptr}.add_run({}, at, count, pivot)), pivot,
                    static_cast<double>(count));
    mean[k] = m.mean;
    var[k] = m.var;
    const double r = 1 / std::sqrt(m.var + layout.eps);
    const Writer<T> writer{x, nullptr, y};
    const T *w = weight ? weight + group * channels : nullptr, *b = bias ? bias + group * channels : nullptr;
    if (!w && !b) {
      writer.write_run(at, count, Line::through<T>(m.mean, 0, r, 0));
    } else if (positions > 1) {
      for (int64_t c = 0; c < channels; ++c)
        writer.write_run(at + c * positions, positions,
                         Line::through<T>(m.mean, 0, (w ? w[c] : 1) * r, b ? b[c] : 0));
    } else {
      const Line l = Line::through<T>(m.mean, 0, r, 0);
      const N centre(l.centre), slope(l.slope), shift(l.shift), one(1);
      for_vectors<T>(channels, [&](int64_t c, auto... rest) {
        const N xhat = fma(N::load(x + at + c, rest...) - centre, slope, shift);
        fma(xhat, w ? N::load(w + c, rest...) : one, b ? N::load(b + c, rest...) : N())
            .store(y + at + c, rest...);
      });
    }
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

void norm_lanes(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor& y, Tensor& mean,
                Tensor& var, const NormLayout& layout) {
  dispatch_float("norm", x.dtype(), [&]<class T>() {
    const auto run = layout.over_batch ? norm_over_batch<T> : norm_each<T>;
    run(x.data<T>(), data_or_null<T>(weight), data_or_null<T>(bias), y.data<T>(), mean.data<double>(),
        var.data<double>(), layout);
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

HWY_EXPORT(norm_lanes);
HWY_EXPORT(norm_grad_lanes);

void norm(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor& y, Tensor& mean, Tensor& var,
          NormLayout layout) {
  HWY_DYNAMIC_DISPATCH(norm_lanes)(x, weight, bias, y, mean, var, layout);
}

void norm_grad(const Tensor& gy, const Tensor& x, const Tensor& weight, const Tensor& mean, const Tensor& var,
               Tensor& gx, Tensor& gw, Tensor& gb, NormLayout layout) {
  HWY_DYNAMIC_DISPATCH(norm_grad_lanes)(gy, x, weight, mean, var, gx, gw, gb, layout);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
