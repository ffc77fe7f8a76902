// What normalisation on the CPU does with each element, forward and backward alike, and how its work is cut.
// A task takes neighbouring channels of all samples (batch norm), or one group of one sample. Sums are f64,
// of differences from a pivot near the mean, so that one pass is enough.
#if defined(SADDLE_KERNELS_CPU_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_CPU_NORM_INL_H_
#undef SADDLE_KERNELS_CPU_NORM_INL_H_
#else
#define SADDLE_KERNELS_CPU_NORM_INL_H_
#endif

#include <algorithm>
#include <cmath>

#include "core/thread_pool.h"
#include "kernels/cpu/vec-inl.h"
#include "kernels/norm.h"

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

/// f(sample, group) for each group of each sample.
template <class F>
void for_each_group(const NormLayout& layout, F&& f) {
  parallel_for(layout.batch * layout.groups, std::max<int64_t>(1, grain / layout.count()),
               [&](int64_t begin, int64_t end) {
                 for (int64_t i = begin; i < end; ++i) f(i / layout.groups, i % layout.groups);
               });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggled guard
