// Panel sources and the sink of images cut into tiles, for convolutions by minimal filtering; see
// winograd-inl.h. Included once for each Highway target.
#if defined(SADDLE_KERNELS_CPU_WINOGRAD_TILES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_CPU_WINOGRAD_TILES_INL_H_
#undef SADDLE_KERNELS_CPU_WINOGRAD_TILES_INL_H_
#else
#define SADDLE_KERNELS_CPU_WINOGRAD_TILES_INL_H_
#endif

#include "kernels/cpu/panels-inl.h"
#include "kernels/cpu/winograd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// A panel must hold the four phases of a channel, which it does on every machine with vectors.
template <class T>
constexpr bool has_winograd = TileSize<T>::columns % 4 == 0;

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
#if HWY_TARGET <= HWY_AVX2  // masked loads touch no memory outside their mask
    constexpr int64_t quarter = std::max<int64_t>(4, vector / 4), half = std::max<int64_t>(4, vector / 2);
    if (tiles[1] % quarter != 0 && extent[1] <= vector)
      pack_short_rows<W>(k0, k1, lane0, out, out_pitch);
    else if (tiles[1] <= quarter)
      pack_runs<W, quarter>(k0, k1, lane0, out, out_pitch);
    else if (tiles[1] <= half)
      pack_runs<W, half>(k0, k1, lane0, out, out_pitch);
    else
      pack_runs<W, vector>(k0, k1, lane0, out, out_pitch);
#else
    pack_lanes<W>(k0, k1, lane0, out, out_pitch);
#endif
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

#if HWY_TARGET <= HWY_AVX2
  /// Up to L lanes that are tiles of one row lie side by side and see for each of their source columns L
  /// elements of a row at distance `period`. They are stored as a whole vector, the next over what is too
  /// much; a line has room for that of the last.
  template <int64_t W, int64_t L>
  void pack_runs(int64_t k0, int64_t k1, int64_t lane0, T* out, int64_t out_pitch) const {
    using D = hn::CappedTag<T, static_cast<size_t>(L)>;
    constexpr int64_t space = W + L;
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
          const int64_t begin = column + shifted * period + i * L;
          const auto clip = [&](int64_t n) { return static_cast<size_t>(std::clamp<int64_t>(n, 0, L)); };
          run.inside[shifted][i] =
              hn::AndNot(hn::FirstN(d, clip(-begin)), hn::FirstN(d, clip(extent[1] - begin)));
        }
      const int64_t length = std::min(L, tiles[1] - walk.column);
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
          Packed<D> x[2 * period];
          gather<L>(d, from, runs[r].inside[0], x);
          if constexpr (seen > period) gather<L>(d, from + period, runs[r].inside[1], x + period);
          transform_row(x, space, to);
        }
      transform_columns<W>(lines, space, k - k0, out, out_pitch);
    }
  }

  /// Rows that fit a vector: each pixel of a row's tiles is a permutation of it.
  template <int64_t W>
  void pack_short_rows(int64_t k0, int64_t k1, int64_t lane0, T* out, int64_t out_pitch) const {
    using D = hn::ScalableTag<T>;
    using Index = hwy::MakeSigned<T>;
    constexpr int64_t space = W + vector;
    const D d;
    // Pixel i / step of phase i % step of the tile in lane j.
    decltype(hn::SetTableIndices(d, static_cast<const Index*>(nullptr))) from[seen];
    hn::Mask<D> inside[seen];
    for (int64_t i = 0; i < seen; ++i) {
      Index index[vector];
      T valid[vector];
      for (int64_t j = 0; j < vector; ++j) {
        const int64_t column = first[1] + j * period + i;
        const bool ok = j < tiles[1] && column >= 0 && column < extent[1];
        index[j] = static_cast<Index>(ok ? column : 0);
        valid[j] = ok ? T(1) : T(0);
      }
      from[i] = hn::SetTableIndices(d, index);
      inside[i] = hn::Ne(hn::LoadU(d, valid), hn::Zero(d));
    }
    const auto whole = hn::FirstN(d, static_cast<size_t>(extent[1]));
    // A row of tiles is stored as a whole vector; the next overwrites what is too much. There is room for
    // what the first has before the panel and the last behind it.
    HWY_ALIGN T memory[vector + seen * points * step * space] = {};
    T* lines = memory + vector;
    for (int64_t k = k0; k < k1; k += phases) {
      TileWalk walk(tiles, lane0);
      for (int64_t l = 0; l < W && lane0 + l < lanes;) {
        const T* image = channel(k) + walk.image * image_stride;
        const int64_t count = tiles[1] - walk.column;
        for (int64_t e = 0; e < seen; ++e) {
          const int64_t row = first[0] + walk.row * period + e;
          const auto source =
              row < 0 || row >= extent[0] ? hn::Zero(d) : hn::MaskedLoad(whole, d, image + row * extent[1]);
          N x[seen];
          for (int64_t i = 0; i < seen; ++i)
            x[i] = {hn::IfThenElseZero(inside[i], hn::TableLookupLanes(source, from[i]))};
          transform_row(x, space, lines + e * points * step * space + l - walk.column);
        }
        l += count;
        walk.advance(count);
      }
      transform_columns<W>(lines, space, k - k0, out, out_pitch);
    }
  }

  /// x[i] = elements i, i + period, i + 2 period … of period * L in a row.
  template <int64_t L, class D>
  static HWY_INLINE void gather(D d, const T* from, const hn::Mask<D>* inside, Packed<D>* x) {
    static_assert(2 <= period && period <= 4);
    const auto halve = [d](Packed<D>* even, Packed<D>* odd, Packed<D> lower, Packed<D> upper) {
      *even = {hn::ConcatEven(d, upper.v, lower.v)};
      *odd = {hn::ConcatOdd(d, upper.v, lower.v)};
    };
    Packed<D> loaded[period];
    for (int64_t i = 0; i < period; ++i) loaded[i] = {hn::MaskedLoad(inside[i], d, from + i * L)};
    if constexpr (period == 2) {
      halve(&x[0], &x[1], loaded[0], loaded[1]);
    } else if constexpr (period == 3) {
      HWY_ALIGN T row[period * L];
      for (int64_t i = 0; i < period; ++i) loaded[i].store(row + i * L);
      hn::LoadInterleaved3(d, row, x[0].v, x[1].v, x[2].v);
    } else {
      Packed<D> even[2], odd[2];
      halve(&even[0], &odd[0], loaded[0], loaded[1]);
      halve(&even[1], &odd[1], loaded[2], loaded[3]);
      halve(&x[0], &x[2], even[0], even[1]);
      halve(&x[1], &x[3], odd[0], odd[1]);
    }
  }
#else
  /// Any grid, lane by lane.
  template <int64_t W>
  void pack_lanes(int64_t k0, int64_t k1, int64_t lane0, T* out, int64_t out_pitch) const {
    struct Place {
      int64_t row, column, offset;
    };
    Place places[W];
    const int64_t count = std::min(W, lanes - lane0);
    TileWalk walk(tiles, lane0);
    for (int64_t l = 0; l < count; ++l, walk.advance(1))
      places[l] = {first[0] + walk.row * period, first[1] + walk.column * period, walk.image * image_stride};
    HWY_ALIGN T pixels[seen * W] = {};
    HWY_ALIGN T lines[seen * points * step * W];
    for (int64_t k = k0; k < k1; k += phases) {
      for (int64_t e = 0; e < seen; ++e) {
        for (int64_t l = 0; l < count; ++l) {
          const int64_t row = places[l].row + e, column = places[l].column;
          const bool outside = row < 0 || row >= extent[0];
          const T* from = channel(k) + places[l].offset + row * extent[1];
          for (int64_t i = 0; i < seen; ++i)
            pixels[i * W + l] =
                outside || column + i < 0 || column + i >= extent[1] ? T(0) : from[column + i];
        }
        for (int64_t l = 0; l < W; l += vector) {
          N x[seen];
          for (int64_t i = 0; i < seen; ++i) x[i] = N::load(pixels + i * W + l);
          transform_row(x, W, lines + e * points * step * W + l);
        }
      }
      transform_columns<W>(lines, W, k - k0, out, out_pitch);
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
    if (column_stride == 1 && tiles[1] >= 4)
      store_runs(row0, column0, rows, columns, points);
    else
      store_pixels(row0, column0, rows, columns, points);
  }

 private:
  using Size = TileSize<T>;
  static constexpr int64_t side = F::outputs;

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
      runs[count++] = {j, walk.image * image_stride + row * row_stride + column,
                       std::min(side, grid[0] - row), std::min(side * length, grid[1] - column)};
      j += length;
      walk.advance(length);
    }
    HWY_ALIGN T y[side * side * Size::columns];
    HWY_ALIGN T lines[side][side * Size::columns];
    for (int64_t i = 0; i < rows; ++i) {
      outputs_of_points<T, F>(points + i * Size::columns, y);
      for (int64_t u = 0; u < side; ++u)
        for (int64_t j = 0; j < Size::columns; j += Size::vector)
          interleave(y + u * side * Size::columns + j, lines[u] + side * j);
      T* to = data + (row0 + i) * channel_stride;
      for (int64_t r = 0; r < count; ++r)
        for (int64_t u = 0; u < runs[r].pixel_rows; ++u)
          std::copy_n(lines[u] + side * runs[r].tile, runs[r].pixels, to + runs[r].offset + u * row_stride);
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
      for (int64_t j = 0; j < columns; ++j)
        for (int64_t u = 0; u < places[j].pixel_rows; ++u)
          for (int64_t v = 0; v < places[j].pixel_columns; ++v)
            to[places[j].offset + u * row_stride + v * column_stride] = y[(u * side + v) * Size::columns + j];
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
