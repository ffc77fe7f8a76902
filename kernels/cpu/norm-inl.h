// How the work of normalisation on the CPU is cut. A task takes neighbouring channels of all samples (batch
// norm), or one group of one sample. What it does with each element is in norm_pass-inl.h.
#if defined(SADDLE_KERNELS_CPU_NORM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_CPU_NORM_INL_H_
#undef SADDLE_KERNELS_CPU_NORM_INL_H_
#else
#define SADDLE_KERNELS_CPU_NORM_INL_H_
#endif

#include <algorithm>

#include "core/thread_pool.h"
#include "kernels/cpu/norm_pass-inl.h"
#include "kernels/norm.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

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

/// f(column, channel) for each of neighbouring columns, `positions` to a channel.
template <class F>
void for_each_column(int64_t channels, int64_t positions, F&& f) {
  for (int64_t c = 0, j = 0; c < channels; ++c)
    for (int64_t p = 0; p < positions; ++p, ++j) f(j, c);
}

/// Lines of neighbouring columns.
template <class T>
struct ColumnLines {
  T gain[tile_columns], centre[tile_columns], slope[tile_columns], shift[tile_columns];

  ColumnLines(const Line* lines, int64_t channels, int64_t positions) {
    for_each_column(channels, positions, [&](int64_t j, int64_t c) {
      const Line& l = lines[c];
      gain[j] = static_cast<T>(l.gain);
      centre[j] = static_cast<T>(l.centre);
      slope[j] = static_cast<T>(l.slope);
      shift[j] = static_cast<T>(l.shift);
    });
  }
  OfColumns<T> given() const { return {centre, slope, shift}; }
};

/// Neighbouring channels of all samples, with statistics over the batch, or of some.
struct Tile {
  const NormLayout& layout;
  int64_t first, count;
  int64_t first_sample, samples;

  int64_t width() const { return count * layout.positions; }
  int64_t offset(int64_t sample, int64_t channel = 0) const {
    return (sample * layout.channels + first + channel) * layout.positions;
  }

  /// Where weight and bias of a channel stand.
  int64_t affine(int64_t channel) const { return first_sample * layout.affine_step() + first + channel; }
  /// Whether weights and biases lie side by side as elements do.
  bool own_rows() const { return layout.own_affine && layout.positions == 1; }
  /// f(part) for samples that share weights and biases: all together, or each by itself.
  template <class F>
  void for_each_affine(F&& f) const {
    if (!layout.own_affine) return f(*this);
    for (int64_t n = first_sample; n < first_sample + samples; ++n) f(Tile{layout, first, count, n, 1});
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
        f(Tile{layout, i * each, std::min(each, layout.channels - i * each), 0, layout.batch});
    });
  }

  /// sums[c] of each channel's terms. `given`: the lines of what an activation was given, or null.
  template <class P>
  void add(const P& pass, const double* centre, const Line* given, Pair<double>* sums) const {
    using T = typename P::Element;
    if (layout.positions < short_run) return add_columns(pass, centre, given, sums);
    const auto with_run = [&](const Pair<Wide>& before, int64_t n, int64_t c) {
      const auto terms = pass.terms(given ? OfRun<T>(given[c]) : OfRun<T>());
      return terms.add_run(before, offset(n, c), layout.positions, centre[c]);
    };
    if (samples == 1) {
      for (int64_t c = 0; c < count; ++c) sums[c] = across_lanes(with_run({}, first_sample, c));
      return;
    }
    Pair<Wide> partial[tile_width / short_run];
    for (int64_t n = first_sample; n < first_sample + samples; ++n)
      for (int64_t c = 0; c < count; ++c) partial[c] = with_run(partial[c], n, c);
    for (int64_t c = 0; c < count; ++c) sums[c] = across_lanes(partial[c]);
  }
  template <class P>
  void add_columns(const P& pass, const double* centre, const Line* given, Pair<double>* sums) const {
    double centres[tile_columns], a[tile_columns], b[tile_columns];
    for_each_column(count, layout.positions, [&](int64_t j, int64_t c) {
      centres[j] = centre[c];
      a[j] = b[j] = 0;
    });
    const ColumnLines<typename P::Element> before(given, given ? count : 0, layout.positions);
    const auto terms = pass.terms(before.given());
    for (int64_t n = first_sample; n < first_sample + samples; ++n)
      for_vectors<double>(width(), [&](int64_t j, auto... rest) {
        Pair<Wide> column = {Wide::load(a + j, rest...), Wide::load(b + j, rest...)};
        terms.add(column, offset(n) + j, j, Wide::load(centres + j, rest...), rest...);
        column.a.store(a + j, rest...);
        column.b.store(b + j, rest...);
      });
    std::fill_n(sums, count, Pair<double>());
    for_each_column(count, layout.positions, [&](int64_t j, int64_t c) {
      sums[c].a += a[j];
      sums[c].b += b[j];
    });
  }

  template <class P>
  void write(const P& pass, const Line* given, const Line* lines) const {
    using T = typename P::Element;
    if (layout.positions < short_run) return write_columns(pass, given, lines);
    for (int64_t n = first_sample; n < first_sample + samples; ++n)
      for (int64_t c = 0; c < count; ++c)
        write_run<T>(pass.writer(given ? OfRun<T>(given[c]) : OfRun<T>()), offset(n, c), layout.positions,
                     lines[c]);
  }
  template <class P>
  void write_columns(const P& pass, const Line* given, const Line* lines) const {
    using T = typename P::Element;
    using N = Lanes<T>;
    const ColumnLines<T> before(given, given ? count : 0, layout.positions),
        l(lines, count, layout.positions);
    const auto writer = pass.writer(before.given());
    for (int64_t n = first_sample; n < first_sample + samples; ++n)
      for_vectors<T>(width(), [&](int64_t j, auto... rest) {
        writer.write(offset(n) + j, j, N::load(l.gain + j, rest...), N::load(l.centre + j, rest...),
                     N::load(l.slope + j, rest...), N::load(l.shift + j, rest...), rest...);
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
