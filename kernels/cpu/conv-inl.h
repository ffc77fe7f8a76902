// Panel sources and the sink of the convolutions; see gemm-inl.h. Pixels of all images of the batch, in
// memory order, are one axis of each product; the patches that a kernel sees are gathered from the image
// straight into panels. Included once for each Highway target.
#if defined(SADDLE_KERNELS_CPU_CONV_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_CPU_CONV_INL_H_
#undef SADDLE_KERNELS_CPU_CONV_INL_H_
#else
#define SADDLE_KERNELS_CPU_CONV_INL_H_
#endif

#include "kernels/cpu/conv_taps.h"
#include "kernels/cpu/panels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// Elements 0, 2, 4 … of `lower` followed by those of `upper`.
template <class D, class V>
HWY_INLINE V every_second(D d, V upper, V lower) {
#if HWY_TARGET == HWY_SCALAR
  (void)d, (void)upper;
  return lower;
#else
  return hn::ConcatEven(d, upper, lower);
#endif
}

/// Lanes are the pixels of a grid over all images, K is (channel, tap row, tap column): what each pixel sees.
template <class T>
struct PatchPanels {
  const T* data;
  int64_t group_stride, image_stride;
  std::array<int64_t, 2> extent;  // of the image
  AxisTaps rows, columns;
  int64_t lanes;

  int64_t taps() const { return static_cast<int64_t>(rows.taps.size() * columns.taps.size()); }
  bool shared() const { return false; }

  template <int64_t W>
  void pack(int64_t group, int64_t k0, int64_t k1, int64_t lane0, T* out) const {
    if (k0 == k1) return;
    constexpr int64_t vector = TileSize<T>::vector;
    const T* from = data + group * group_stride + k0 / taps() * extent[0] * extent[1];
    const int64_t channels = (k1 - k0) / taps();
    if (columns.step <= 2 && columns.taps.size() <= most_column_taps) {
      if constexpr (vector >= 2)
        if (columns.count >= vector) return pack_runs<W, vector>(from, channels, lane0, out);
      if constexpr (vector >= 4)
        if (columns.count >= vector / 2) return pack_runs<W, vector / 2>(from, channels, lane0, out);
      if constexpr (vector >= 8)
        if (columns.count >= vector / 4) return pack_runs<W, vector / 4>(from, channels, lane0, out);
    }
    pack_pixels<W>(from, channels, lane0, out);
  }

 private:
  static constexpr size_t most_column_taps = 16;

  struct Pixel {
    int64_t image, row, column;
  };
  Pixel pixel(int64_t lane) const {
    return {lane / (rows.count * columns.count), lane / columns.count % rows.count, lane % columns.count};
  }

  /// Where the grid has L columns or more, L lanes are one run of a row of it or the end of a row and the
  /// beginning of the next. A run sees for each tap elements of a row of the image, next to each other or
  /// every second.
  template <int64_t W, int64_t L>
  void pack_runs(const T* from, int64_t channels, int64_t lane0, T* out) const {
    const hn::CappedTag<T, L> d;
    for (int64_t l = 0; l < W; l += L) {
      if (lane0 + l >= lanes) {
        for (int64_t k = 0; k < channels * taps(); ++k) hn::StoreU(hn::Zero(d), d, out + k * W + l);
        continue;
      }
      const Pixel first = pixel(lane0 + l);
      const int64_t left = columns.count - first.column;
      if (left >= L) {
        pack_vector<W, L, 1>(from, channels, {{{first, {0, L}}}}, out + l);
      } else {
        // The next row's lane 0 would be that many columns before its first.
        const Pixel next{first.image + (first.row + 1) / rows.count, (first.row + 1) % rows.count, -left};
        const int64_t end = lane0 + l + left < lanes ? L : left;
        pack_vector<W, L, 2>(from, channels, {{{first, {0, left}}, {next, {left, end}}}}, out + l);
      }
    }
  }

  /// Lanes of a vector that are neighbours in a row; where lane 0 lies, or would.
  struct Run {
    Pixel pixel;
    Range lanes;
  };

  template <int64_t W, int64_t L, size_t runs>
  void pack_vector(const T* from, int64_t channels, const std::array<Run, runs>& run, T* to) const {
    const hn::CappedTag<T, L> d;
    const size_t tap_columns = columns.taps.size();
    // Elements of the run inside the image, in the first and second vector that a tap reads.
    hn::Mask<decltype(d)> inside[runs][2][most_column_taps];
    const T* start[runs][most_column_taps];
    for (size_t r = 0; r < runs; ++r)
      for (size_t v = 0; v < tap_columns; ++v) {
        const auto& [pixel, own] = run[r];
        const int64_t column = pixel.column * columns.step + columns.taps[v].offset;
        start[r][v] = from + pixel.image * image_stride + column;
        const int64_t begin = std::max(own.begin * columns.step, -column),
                      end = std::min(own.end * columns.step, extent[1] - column);
        for (int64_t half = 0; half < columns.step; ++half) {
          const auto clip = [&](int64_t n) {
            return static_cast<size_t>(std::clamp<int64_t>(n - half * L, 0, L));
          };
          inside[r][half][v] = hn::AndNot(hn::FirstN(d, clip(begin)), hn::FirstN(d, clip(end)));
        }
      }
    hn::Mask<decltype(d)> none[most_column_taps];
    std::fill_n(none, tap_columns, hn::FirstN(d, 0));
    for (int64_t c = 0; c < channels; ++c)
      for (const Tap& tap : rows.taps) {
        int64_t offset[runs];
        const hn::Mask<decltype(d)>* seen[runs][2];
        for (size_t r = 0; r < runs; ++r) {
          const int64_t row = run[r].pixel.row * rows.step + tap.offset;
          const bool outside = row < 0 || row >= extent[0];
          offset[r] = (c * extent[0] + (outside ? 0 : row)) * extent[1];
          for (size_t half = 0; half < 2; ++half) seen[r][half] = outside ? none : inside[r][half];
        }
        const auto store = [&](auto&& load) HWY_ATTR {
          for (size_t v = 0; v < tap_columns; ++v, to += W) {
            auto lanes_of_runs = load(0, v);
            for (size_t r = 1; r < runs; ++r) lanes_of_runs = hn::Or(lanes_of_runs, load(r, v));
            hn::StoreU(lanes_of_runs, d, to);
          }
        };
        if (columns.step == 1)
          store([&](size_t r, size_t v)
                    HWY_ATTR { return hn::MaskedLoad(seen[r][0][v], d, start[r][v] + offset[r]); });
        else
          store([&](size_t r, size_t v) HWY_ATTR {
            const T* at = start[r][v] + offset[r];
            const auto lower = hn::MaskedLoad(seen[r][0][v], d, at);
            const auto upper = hn::MaskedLoad(seen[r][1][v], d, at + L);
            return every_second(d, upper, lower);
          });
      }
  }

  /// Any geometry, pixel by pixel.
  template <int64_t W>
  void pack_pixels(const T* from, int64_t channels, int64_t lane0, T* out) const {
    const int64_t count = std::min(W, lanes - lane0), channel_stride = extent[0] * extent[1];
    const auto outside = [](int64_t i, int64_t n) { return i < 0 || i >= n; };
    int64_t offset[W];
    int64_t k = 0;
    for (const Tap& u : rows.taps)
      for (const Tap& v : columns.taps) {
        for (int64_t l = 0; l < W; ++l) {
          const Pixel p = pixel(lane0 + l);
          const int64_t row = p.row * rows.step + u.offset, column = p.column * columns.step + v.offset;
          const bool zero = l >= count || outside(row, extent[0]) || outside(column, extent[1]);
          offset[l] = zero ? -1 : p.image * image_stride + row * extent[1] + column;
        }
        T* to = out + k++ * W;
        for (int64_t c = 0; c < channels; ++c, to += taps() * W)
          for (int64_t l = 0; l < W; ++l) to[l] = offset[l] < 0 ? T(0) : from[c * channel_stride + offset[l]];
      }
  }
};

/// Lanes are (channel, kernel row, kernel column), K is the output pixels of all images: the transpose of
/// PatchPanels. A row of the kernel sees elements of the image next to each other, which are copied as one
/// run. K begins and ends with whole rows of pixels.
template <class T>
struct TapPanels {
  const T* data;
  int64_t group_stride, image_stride;
  ConvGeometry g;

  bool shared() const { return false; }

  template <int64_t W>
  void pack(int64_t group, int64_t k0, int64_t k1, int64_t lane0, T* out) const {
    const int64_t count = std::min(W, g.in * g.taps() - lane0);
    clear_lanes<W>(count, k1 - k0, out);
    Run runs[W];
    int64_t run_count = 0;
    for (int64_t l = 0; l < count; l += runs[run_count++].length)
      runs[run_count] = run<W>(lane0 + l, l, count);
    // Row by row of pixels: all runs of one meet in the same lines while these are in cache.
    const int64_t columns = g.output[1];
    int64_t i = k0 / columns % g.output[0];
    const T* from = data + group * group_stride + k0 / columns / g.output[0] * image_stride;
    for (int64_t k = k0; k < k1; k += columns, out += columns * W) {
      for (int64_t r = 0; r < run_count; ++r) (this->*runs[r].pack)(runs[r], from, i, out + runs[r].lane);
      if (++i == g.output[0]) i = 0, from += image_stride;
    }
  }

 private:
  /// What `length` neighbouring lanes see: for pixel (i, j) the elements at (i * stride + row, j * stride +
  /// column and on) of a plane. Pixels [whole.begin, whole.end) of a row see all of them inside the image.
  struct Run {
    int64_t lane, plane, row, column, length;
    Range whole;
    void (TapPanels::*pack)(const Run& run, const T* image, int64_t pixel_row, T* out) const;
  };

  /// The run that begins with lane `lane` of all, lane `l` of `count` in the panel.
  template <int64_t W>
  Run run(int64_t lane, int64_t l, int64_t count) const {
    const int64_t u = lane / g.kernel[1] % g.kernel[0], v = lane % g.kernel[1];
    const int64_t column = v * g.dilation[1] - g.padding[1], columns = g.output[1], step = g.stride[1];
    const int64_t length = g.dilation[1] == 1 ? std::min(g.kernel[1] - v, count - l) : 1;
    Range whole{std::min(columns, column < 0 ? ceil_div(-column, step) : 0), 0};
    const int64_t room = g.image[1] - length - column;
    whole.end = std::clamp(room < 0 ? 0 : room / step + 1, whole.begin, columns);
    return {.lane = l,
            .plane = lane / g.taps() * g.image_pixels(),
            .row = u * g.dilation[0] - g.padding[0],
            .column = column,
            .length = length,
            .whole = whole,
            .pack = run_functions<W>[static_cast<size_t>(length <= most_known ? length : 0)]};
  }

  /// With a length that the compiler knows, L > 0, it copies in registers.
  template <int64_t W, int64_t L>
  void pack_run(const Run& run, const T* image, int64_t pixel_row, T* out) const {
    const int64_t length = L > 0 ? L : run.length, width = g.image[1], columns = g.output[1],
                  step = g.stride[1];
    const int64_t row = pixel_row * g.stride[0] + run.row;
    const bool outside = row < 0 || row >= g.image[0];
    const T* from = image + run.plane + row * width;
    const auto edge = [&](int64_t j) {
      for (int64_t e = 0; e < length; ++e) {
        const int64_t column = j * step + run.column + e;
        out[e] = outside || column < 0 || column >= width ? T(0) : from[column];
      }
      out += W;
    };
    const Range inner = outside ? Range{columns, columns} : run.whole;
    for (int64_t j = 0; j < inner.begin; ++j) edge(j);
    for (int64_t j = inner.begin; j < inner.end; ++j, out += W) {
      const T* first = from + j * step + run.column;
      if constexpr (L > 0)
        std::memcpy(out, first, L * sizeof(T));  // unlike a move, in registers whatever L
      else
        std::copy_n(first, length, out);
    }
    for (int64_t j = inner.end; j < columns; ++j) edge(j);
  }

  static constexpr int64_t most_known = 7;
  template <int64_t W>
  static constexpr auto run_functions = []<size_t... L>(std::index_sequence<L...>) {
    return std::array{&TapPanels::template pack_run<W, L>...};
  }
  (std::make_index_sequence<most_known + 1>());
};

/// Lanes are the channels of a group, K is the pixels of all images.
template <class T>
struct ChannelPanels {
  const T* data;
  int64_t group_stride, image_stride, pixels, lanes;

  bool shared() const { return false; }
  template <int64_t W>
  void pack(int64_t group, int64_t k0, int64_t k1, int64_t lane0, T* out) const {
    for (int64_t k = k0, next; k < k1; out += (next - k) * W, k = next) {
      next = std::min(k1, (k / pixels + 1) * pixels);
      const T* from = data + group * group_stride + k / pixels * image_stride + lane0 * pixels + k % pixels;
      pack_rows<W>(from, pixels, std::min(W, lanes - lane0), next - k, out);
    }
  }
};

/// Lanes are channels on one side of the weights, K is (channel on the other side, tap row, tap column).
template <class T>
struct WeightPanels {
  const T* data;
  int64_t group_stride, lane_stride, channel_stride;
  std::vector<int64_t> taps;  // offsets of the taps in use
  int64_t lanes;

  WeightPanels(const T* w, const ConvGeometry& g, bool lanes_are_out, const AxisTaps& rows,
               const AxisTaps& columns)
      : data(w),
        group_stride(g.out * g.in * g.taps()),
        lane_stride(lanes_are_out ? g.in * g.taps() : g.taps()),
        channel_stride(lanes_are_out ? g.taps() : g.in * g.taps()),
        lanes(lanes_are_out ? g.out : g.in) {
    for (const Tap& u : rows.taps)
      for (const Tap& v : columns.taps) taps.push_back(u.index * g.kernel[1] + v.index);
    all_in_order = lanes_are_out && static_cast<int64_t>(taps.size()) == g.taps();
  }

  bool shared() const { return false; }
  template <int64_t W>
  void pack(int64_t group, int64_t k0, int64_t k1, int64_t lane0, T* out) const {
    const int64_t count = std::min(W, lanes - lane0), tap_count = static_cast<int64_t>(taps.size());
    const T* from = data + group * group_stride + lane0 * lane_stride;
    if (all_in_order) return pack_rows<W>(from + k0, lane_stride, count, k1 - k0, out);
    clear_lanes<W>(count, k1 - k0, out);
    for (int64_t k = k0; k < k1; k += tap_count, out += tap_count * W)
      for (int64_t l = 0; l < count; ++l) {
        const T* lane = from + l * lane_stride + k / tap_count * channel_stride;
        for (int64_t t = 0; t < tap_count; ++t) out[t * W + l] = lane[taps[static_cast<size_t>(t)]];
      }
  }

 private:
  bool all_in_order;  // K is then contiguous
};

/// Rows are channels of a group, columns the pixels of a grid: every `step`-th position of each image from
/// `first`.
template <class T>
struct PixelSink {
  T* data;
  int64_t group_stride, image_stride, channel_stride;
  int64_t grid_rows, grid_columns, row_stride, column_stride;

  void store(int64_t group, int64_t row0, int64_t column0, int64_t rows, int64_t columns,
             const T* tile) const {
    constexpr int64_t width = TileSize<T>::columns;
    int64_t row = column0 / grid_columns, column = column0 % grid_columns;
    int64_t image = row / grid_rows;
    row %= grid_rows;
    T* to = data + group * group_stride + row0 * channel_stride;
    // Within a row of pixels, or an image of rows without gaps.
    const int64_t left = row_stride == grid_columns ? (grid_rows - row) * grid_columns : grid_columns;
    const bool dense = column_stride == 1 && column + columns <= left;
    if (dense) {
      to += image * image_stride + row * row_stride + column;
      return store_rows(tile, rows, columns, to, channel_stride);
    }
    int64_t offset[width];
    for (int64_t j = 0; j < columns; ++j) {
      offset[j] = image * image_stride + row * row_stride + column * column_stride;
      if (++column < grid_columns) continue;
      column = 0;
      if (++row < grid_rows) continue;
      row = 0;
      ++image;
    }
    for (int64_t i = 0; i < rows; ++i, to += channel_stride, tile += width)
      for (int64_t j = 0; j < columns; ++j) to[offset[j]] = tile[j];
  }
};

/// Rows are (channel, tap) on one side of the weights, columns the channels on the other.
template <class T>
struct TapSink {
  T* data;
  int64_t group_stride, row_channel_stride, column_stride, taps;
  bool reversed;  // tap 0 last

  void store(int64_t group, int64_t row0, int64_t column0, int64_t rows, int64_t columns,
             const T* tile) const {
    T* to = data + group * group_stride + column0 * column_stride;
    for (int64_t row = row0; row < row0 + rows; ++row, tile += TileSize<T>::columns) {
      const int64_t tap = row % taps;
      T* place = to + row / taps * row_channel_stride + (reversed ? taps - 1 - tap : tap);
      for (int64_t j = 0; j < columns; ++j) place[j * column_stride] = tile[j];
    }
  }
};

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggled guard
