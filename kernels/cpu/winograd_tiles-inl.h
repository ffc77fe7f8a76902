// Panel sources and the sink of images cut into tiles, for convolutions by minimal filtering; see
// winograd-inl.h. Included once for each Highway target.
#if defined(SADDLE_KERNELS_CPU_WINOGRAD_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_CPU_WINOGRAD_TILES_INL_H_
#undef SADDLE_KERNELS_CPU_WINOGRAD_TILES_INL_H_
#else
#define SADDLE_KERNELS_CPU_WINOGRAD_TILES_INL_H_
#endif

#include "kernels/cpu/conv_taps.h"
#include "kernels/cpu/panels-inl.h"
#include "kernels/cpu/winograd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// A panel must hold the four phases of a channel, which it does on every machine with vectors.
template <class T>
constexpr bool has_winograd = TileSize<T>::columns % 4 == 0;

/// Calls f<filter, stride>() with the filter of the layer's tiles, from pixels of an image to outputs, and
/// the layer's stride. False if there is none.
template <class T, class F>
bool with_filter(Filtering filtering, int64_t stride, F&& f) {
  constexpr bool is_f32 = std::is_same_v<T, float>;
  if constexpr (has_winograd<T>) {
    switch (filtering) {
      case Filtering::none:
        return false;
      case Filtering::two_taps:
        if (stride == 1)
          f.template operator()<Filter<2, 2>, 1>();
        else
          f.template operator()<Filter<2, 2>, 2>();
        return true;
      case Filtering::two_taps_wide:
        if constexpr (is_f32) f.template operator()<Filter<4, 2>, 2>();
        return is_f32;
      case Filtering::three_taps:
        if constexpr (is_f32) f.template operator()<Filter<4, 3>, 1>();
        return is_f32;
      case Filtering::four_taps:
        if constexpr (is_f32) f.template operator()<Filter<3, 4>, 1>();
        return is_f32;
    }
  }
  return false;
}

/// Walks the tiles of a grid over all images, in memory order.
struct TileWalk {
  std::array<int64_t, 2> tiles;
  int64_t image, row, column;

  TileWalk(const std::array<int64_t, 2>& tile_counts, int64_t lane)
      : tiles(tile_counts),
        image(lane / (tiles[0] * tiles[1])),
        row(lane / tiles[1] % tiles[0]),
        column(lane % tiles[1]) {}
  void advance(int64_t lanes) {
    for (column += lanes; column >= tiles[1]; column -= tiles[1])
      if (++row == tiles[0]) row = 0, ++image;
  }
};

/// Lanes are tiles of pixels of a grid over all images, `pitch` pixels apart; K is (channel, phase row, phase
/// column). Pixel i of a phase sees the source at position first + i * step + phase. Transform says how many
/// pixels of a phase a tile sees, and what becomes of them (DataOf, TapsOf).
template <class T, class Transform, int64_t pitch, int64_t step>
struct TilePanels {
  const T* data;
  int64_t image_stride;
  std::array<int64_t, 2> extent;  // of the source
  std::array<int64_t, 2> first;
  std::array<int64_t, 2> tiles;
  int64_t lanes;

  template <int64_t W>
  void pack(int64_t k0, int64_t k1, int64_t lane0, T* out, int64_t out_pitch) const {
#if HWY_TARGET <= HWY_AVX2
    if (tiles[1] > vector / 2) return pack_runs<W>(k0, k1, lane0, out, out_pitch);
#endif
    pack_tiles<W>(k0, k1, lane0, out, out_pitch);
  }

 private:
  using N = Packed<hn::ScalableTag<T>>;
  static constexpr int64_t vector = TileSize<T>::vector, points = Transform::points;
  /// Source rows, or columns, that a tile sees; and from tile to tile.
  static constexpr int64_t seen = Transform::seen * step, period = pitch * step, phases = step * step;

  const T* channel(int64_t k) const {
    return data + k / phases * extent[0] * extent[1];
  }

  /// The points of one row of a tile, from its pixels x[phase column + step * pixel], one line each:
  /// to[(point * step + phase column) * space].
  template <class V>
  static HWY_INLINE void transform_row(const V* x, int64_t space, T* HWY_RESTRICT to) {
    for (int64_t b = 0; b < step; ++b) {
      V d[Transform::seen], p[points];
      for (int64_t i = 0; i < Transform::seen; ++i) d[i] = x[i * step + b];
      Transform::apply(d, p);
      for (int64_t q = 0; q < points; ++q) p[q].store(to + (q * step + b) * space);
    }
  }

  /// Turns rows into points. lines[seen row][point column][phase column][l], lines of `space`, belong to the
  /// channel whose first phase is element k of K.
  template <int64_t W>
  static HWY_INLINE void transform_columns(const T* HWY_RESTRICT lines, int64_t space, int64_t k,
                                           T* HWY_RESTRICT out, int64_t out_pitch) {
    for (int64_t a = 0; a < step; ++a)
      for (int64_t q = 0; q < points; ++q)
        for (int64_t b = 0; b < step; ++b) {
          T* to = out + q * out_pitch + (k + a * step + b) * W;
          for (int64_t l = 0; l < W; l += vector) {
            N d[Transform::seen], p[points];
            for (int64_t i = 0; i < Transform::seen; ++i)
              d[i] = N::load(lines + (((i * step + a) * points + q) * step + b) * space + l);
            Transform::apply(d, p);
            for (int64_t r = 0; r < points; ++r) p[r].store(to + r * points * out_pitch + l);
          }
        }
  }

  /// Any grid. What the tiles see of a row of pixels is laid out side by side, with zeros around images, and
  /// turned into lanes by transposing squares of pixels.
  template <int64_t W>
  void pack_tiles(int64_t k0, int64_t k1, int64_t lane0, T* out, int64_t out_pitch) const {
    constexpr int64_t side = square<T>, squares = ceil_div(seen, side);
    constexpr int64_t space = W * std::max(period, squares * side) + vector;
    /// Tiles of one row, which overlap; rows [begin, end) of what they see lie in the image.
    struct Run {
      int64_t begin, end, offset, width, place;
    };
    Run runs[W];
    int64_t count = 0, places[W] = {};
    TileWalk walk(tiles, lane0);
    for (int64_t l = 0, place = 0; l < W && lane0 + l < lanes; ++count) {
      const int64_t length = std::min(W - l, tiles[1] - walk.column), width = (length - 1) * period + seen;
      const int64_t row = first[0] + walk.row * period, column = first[1] + walk.column * period;
      const int64_t begin = std::clamp<int64_t>(-row, 0, seen), left = std::clamp<int64_t>(-column, 0, width);
      runs[count] = {.begin = begin,
                     .end = std::clamp(extent[0] - row, begin, seen),
                     .offset = walk.image * image_stride + row * extent[1] + column + left,
                     .width = std::clamp(extent[1] - column, left, width) - left,
                     .place = place + left};
      for (int64_t j = 0; j < length; ++j) places[l + j] = place + j * period;
      place += (length - 1) * period + squares * side;
      l += length;
      walk.advance(length);
    }
    HWY_ALIGN T rows[seen * space] = {};
    HWY_ALIGN T lines[seen * points * step * W];
    const hn::ScalableTag<T> d;
    for (int64_t k = k0; k < k1; k += phases) {
      const T* image = channel(k);
      for (int64_t r = 0; r < count; ++r) {
        const Run& run = runs[r];
        for (int64_t e = run.begin; e < run.end; ++e) {
          const T* from = image + run.offset + e * extent[1];
          hwy::Prefetch(from +
                        extent[0] * extent[1]);  // of the next channel: images may be far from each other
          copy_run(from, run.width, rows + e * space + run.place);
        }
      }
      for (int64_t e = 0; e < seen; ++e)
        for (int64_t l = 0; l < W; l += vector) {
          N x[squares * side];
          for (int64_t s = 0; s < squares; ++s) {
            hn::Vec<decltype(d)> block[side];
            for (int64_t t = 0; t < side; ++t)
              block[t] = load_blocks(d, rows + e * space + s * side, places + l + t);
            transpose(d, block);
            for (int64_t t = 0; t < side; ++t) x[s * side + t] = {block[t]};
          }
          transform_row(x, W, lines + e * points * step * W + l);
        }
      transform_columns<W>(lines, W, k - k0, out, out_pitch);
    }
  }

  /// Copies a run of a row. What follows it, up to a vector, may become 0.
  static HWY_INLINE void copy_run(const T* from, int64_t width, T* to) {
#if HWY_TARGET <= HWY_AVX2  // masked loads touch no memory outside their mask
    const hn::ScalableTag<T> d;
    for (; width >= vector; width -= vector, from += vector, to += vector)
      hn::StoreU(hn::LoadU(d, from), d, to);
    hn::StoreU(hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(width)), d, from), d, to);
#else
    std::copy_n(from, width, to);
#endif
  }

#if HWY_TARGET <= HWY_AVX2
  /// Long rows of tiles. Up to a vector of lanes that are tiles of one row lie side by side and see for each
  /// of their source columns elements of a row at distance `period`. They are stored as a whole vector, the
  /// next over what is too much; a line has room for that of the last.
  template <int64_t W>
  void pack_runs(int64_t k0, int64_t k1, int64_t lane0, T* out, int64_t out_pitch) const {
    using D = hn::ScalableTag<T>;
    constexpr int64_t space = W + vector;
    const D d;
    struct Run {
      hn::Mask<D> inside[2][period];
      int64_t lane, row, offset;
    };
    Run runs[W];
    int64_t count = 0;
    TileWalk walk(tiles, lane0);
    for (int64_t l = 0; l < W && lane0 + l < lanes; ++count) {
      Run& run = runs[count];
      const int64_t column = first[1] + walk.column * period;
      run.lane = l;
      run.row = first[0] + walk.row * period;
      run.offset = walk.image * image_stride + column;
      for (int64_t shifted = 0; shifted < 2; ++shifted)
        for (int64_t i = 0; i < period; ++i) {
          const int64_t begin = column + shifted * period + i * vector;
          const auto clip = [&](int64_t n) { return static_cast<size_t>(std::clamp<int64_t>(n, 0, vector)); };
          run.inside[shifted][i] =
              hn::AndNot(hn::FirstN(d, clip(-begin)), hn::FirstN(d, clip(extent[1] - begin)));
        }
      const int64_t length = std::min(vector, tiles[1] - walk.column);
      l += length;
      walk.advance(length);
    }
    HWY_ALIGN T lines[seen * points * step * space] = {};
    for (int64_t k = k0; k < k1; k += phases) {
      for (int64_t r = 0; r < count; ++r)
        for (int64_t e = 0; e < seen; ++e) {
          const int64_t row = runs[r].row + e;
          T* to = lines + e * points * step * space + runs[r].lane;
          if (row < 0 || row >= extent[0]) {
            for (int64_t i = 0; i < points * step; ++i) hn::StoreU(hn::Zero(d), d, to + i * space);
            continue;
          }
          const T* from = channel(k) + runs[r].offset + row * extent[1];
          N x[2 * period];
          gather(from, runs[r].inside[0], x);
          if constexpr (seen > period) gather(from + period, runs[r].inside[1], x + period);
          transform_row(x, space, to);
        }
      transform_columns<W>(lines, space, k - k0, out, out_pitch);
    }
  }

  /// x[i] = elements i, i + period, i + 2 period … of `period` vectors of a row.
  static HWY_INLINE void gather(const T* from, const hn::Mask<hn::ScalableTag<T>>* inside, N* x) {
    const hn::ScalableTag<T> d;
    for (int64_t i = 0; i < period; ++i) x[i] = {hn::MaskedLoad(inside[i], d, from + i * vector)};
    if constexpr (period == 3) {
      HWY_ALIGN T row[period * vector];
      for (int64_t i = 0; i < period; ++i) x[i].store(row + i * vector);
      hn::LoadInterleaved3(d, row, x[0].v, x[1].v, x[2].v);
    } else {
      spread<period>(x);
    }
  }
  /// x[i] = elements i, i + n, i + 2 n … of the row that lies in n vectors, n a power of two.
  template <int64_t n>
  static HWY_INLINE void spread(N* x) {
    if constexpr (n > 1) {
      const hn::ScalableTag<T> d;
      N even[n / 2], odd[n / 2];
      for (int64_t i = 0; i < n / 2; ++i) {
        even[i] = {hn::ConcatEven(d, x[2 * i + 1].v, x[2 * i].v)};
        odd[i] = {hn::ConcatOdd(d, x[2 * i + 1].v, x[2 * i].v)};
      }
      spread<n / 2>(even);
      spread<n / 2>(odd);
      for (int64_t i = 0; i < n / 2; ++i) x[2 * i] = even[i], x[2 * i + 1] = odd[i];
    }
  }
#endif
};

/// A source with lanes and K exchanged. Blocks of its K begin at multiples of TileSize::columns.
template <class T, class F, class Source>
struct Exchanged {
  Source source;
  int64_t lanes;  // the source's extent of K

  template <int64_t W>
  void pack(int64_t k0, int64_t k1, int64_t lane0, T* out, int64_t out_pitch) const {
    constexpr int64_t width = TileSize<T>::columns, points = F::points * F::points;
    constexpr int64_t block_pitch = point_pitch<T>(W * width);
    HWY_ALIGN T block[points * block_pitch];
    const int64_t count = std::min(W, lanes - lane0);
    for (int64_t k = k0; k < k1; k += width) {
      source.template pack<width>(lane0, lane0 + count, k, block, block_pitch);
      for (int64_t p = 0; p < points; ++p)
        pack_rows<W>(block + p * block_pitch, width, count, std::min(width, k1 - k),
                     out + p * out_pitch + (k - k0) * W);
    }
  }
};

/// Rows are channels, columns the tiles of a grid of pixels, which lie at distances from each other.
template <class T, class F>
struct TileSink {
  T* data;
  int64_t image_stride, channel_stride, row_stride, column_stride;
  std::array<int64_t, 2> grid, tiles;

  void store(int64_t row0, int64_t column0, int64_t rows, int64_t columns, const T* points) const {
    if (spreads ? column_stride <= 2 : column_stride == 1 && tiles[1] >= 4)
      store_runs(row0, column0, rows, columns, points);
    else
      store_pixels(row0, column0, rows, columns, points);
  }

 private:
  using Size = TileSize<T>;
  static constexpr int64_t side = F::outputs;
  /// Masked stores leave memory outside their mask alone, which may be another thread's.
  static constexpr bool spreads = HWY_TARGET <= HWY_AVX3 && sizeof(T) == 4;

  /// Tiles side by side make rows of pixels.
  void store_runs(int64_t row0, int64_t column0, int64_t rows, int64_t columns, const T* points) const {
    struct Run {
      int64_t tile, offset, pixel_rows, pixels;
    };
    Run runs[Size::columns];
    int64_t count = 0;
    TileWalk walk(tiles, column0);
    for (int64_t j = 0; j < columns;) {
      const int64_t length = std::min(columns - j, tiles[1] - walk.column);
      const int64_t row = side * walk.row, column = side * walk.column;
      runs[count++] = {j, walk.image * image_stride + row * row_stride + column * column_stride,
                       std::min(side, grid[0] - row), std::min(side * length, grid[1] - column)};
      j += length;
      walk.advance(length);
    }
    HWY_ALIGN T y[side * side * Size::columns];
    HWY_ALIGN T lines[side][side * Size::columns + Size::vector];
    for (int64_t i = 0; i < rows; ++i) {
      outputs_of_points<T, F>(points + i * Size::columns, y);
      for (int64_t u = 0; u < side; ++u)
        for (int64_t j = 0; j < Size::columns; j += Size::vector)
          interleave(y + u * side * Size::columns + j, lines[u] + side * j);
      T* to = data + (row0 + i) * channel_stride;
      for (int64_t r = 0; r < count; ++r)
        for (int64_t u = 0; u < runs[r].pixel_rows; ++u)
          store_row(lines[u] + side * runs[r].tile, runs[r].pixels, to + runs[r].offset + u * row_stride);
    }
  }
  HWY_INLINE void store_row(const T* from, int64_t pixels, T* to) const {
    if constexpr (spreads) {
      if (column_stride == 2) return spread_row(from, pixels, to);
      const hn::ScalableTag<T> d;
      for (int64_t i = 0; i < pixels; i += Size::vector) {
        const auto inside = hn::FirstN(d, static_cast<size_t>(std::min(pixels - i, Size::vector)));
        hn::BlendedStore(hn::LoadU(d, from + i), inside, d, to + i);
      }
    } else {
      std::copy_n(from, pixels, to);
    }
  }
  /// to[2 i] = from[i], which become the lower or the upper halves of elements of twice the size: whichever
  /// keeps these aligned.
  static HWY_INLINE void spread_row(const T* from, int64_t pixels, T* to) {
    constexpr int64_t half = Size::vector / 2;
    const hn::ScalableTag<uint32_t> d;
    const hn::ScalableTag<uint64_t> twice;
    const hn::Half<decltype(d)> halves;
    const int64_t odd = reinterpret_cast<uintptr_t>(to) / sizeof(T) % 2;
    const auto halves_set = hn::Set(twice, odd ? 0xffffffff00000000 : 0xffffffff);
    for (int64_t i = 0; i < pixels; i += half) {
      const auto wide = hn::PromoteTo(twice, hn::LoadU(halves, reinterpret_cast<const uint32_t*>(from + i)));
      const auto both = hn::BitCast(d, hn::Or(wide, hn::ShiftLeft<32>(wide)));
      const auto inside = hn::FirstN(twice, static_cast<size_t>(std::min(half, pixels - i)));
      const auto mask = hn::MaskFromVec(hn::BitCast(d, hn::IfThenElseZero(inside, halves_set)));
      hn::BlendedStore(both, mask, d, reinterpret_cast<uint32_t*>(to + 2 * i - odd));
    }
  }

  void store_pixels(int64_t row0, int64_t column0, int64_t rows, int64_t columns, const T* points) const {
    struct Place {
      int64_t offset, pixel_rows, pixel_columns;
    };
    Place places[Size::columns];
    TileWalk walk(tiles, column0);
    for (int64_t j = 0; j < columns; ++j, walk.advance(1)) {
      const int64_t row = side * walk.row, column = side * walk.column;
      places[j] = {walk.image * image_stride + row * row_stride + column * column_stride,
                   std::min(side, grid[0] - row), std::min(side, grid[1] - column)};
    }
    HWY_ALIGN T y[side * side * Size::columns];
    for (int64_t i = 0; i < rows; ++i) {
      outputs_of_points<T, F>(points + i * Size::columns, y);
      T* to = data + (row0 + i) * channel_stride;
      for (int64_t j = 0; j < columns; ++j) {
        const Place& place = places[j];
        const auto store = [&](int64_t pixel_rows, int64_t pixel_columns) HWY_ATTR {
          for (int64_t u = 0; u < pixel_rows; ++u)
            for (int64_t v = 0; v < pixel_columns; ++v)
              to[place.offset + u * row_stride + v * column_stride] = y[(u * side + v) * Size::columns + j];
        };
        if (place.pixel_rows == side && place.pixel_columns == side)
          store(side, side);  // known to the compiler
        else
          store(place.pixel_rows, place.pixel_columns);
      }
    }
  }

  /// to[side l + v] = lane l of the v-th column of outputs.
  static HWY_INLINE void interleave(const T* y, T* to) {
    const hn::ScalableTag<T> d;
    const auto column = [&](int64_t v) { return hn::Load(d, y + v * Size::columns); };
    if constexpr (side == 2)
      hn::StoreInterleaved2(column(0), column(1), d, to);
    else if constexpr (side == 3)
      hn::StoreInterleaved3(column(0), column(1), column(2), d, to);
    else
      hn::StoreInterleaved4(column(0), column(1), column(2), column(3), d, to);
  }
};

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggled guard
