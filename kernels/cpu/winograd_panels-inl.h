// Panel sources and sinks of convolutions by minimal filtering; see winograd-inl.h. Included once for each
// Highway target.
#if defined(SADDLE_KERNELS_CPU_WINOGRAD_PANELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_CPU_WINOGRAD_PANELS_INL_H_
#undef SADDLE_KERNELS_CPU_WINOGRAD_PANELS_INL_H_
#else
#define SADDLE_KERNELS_CPU_WINOGRAD_PANELS_INL_H_
#endif

#include "kernels/cpu/conv_geometry.h"
#include "kernels/cpu/panels-inl.h"
#include "kernels/cpu/winograd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// A panel must hold the four phases of a channel, which it does on every machine with vectors.
template <class T>
constexpr bool has_winograd = TileSize<T>::columns % 4 == 0;

/// The three points of one axis, of data and of taps. Taps are two; the third argument is not used.
struct DataPoints {
  template <class N>
  static HWY_INLINE void apply(N d0, N d1, N d2, N* p) {
    p[0] = d0 - d1, p[1] = d1, p[2] = d2 - d1;
  }
};
struct TapPoints {
  template <class N>
  static HWY_INLINE void apply(N g0, N g1, N, N* p) {
    p[0] = g0, p[1] = g0 + g1, p[2] = g1;
  }
};

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

/// Lanes are tiles of 2x2 pixels of a grid over all images; K is (channel, phase row, phase column). Pixel i
/// of a phase sees the source at position first + i * step + phase, its second tap `step` further on.
template <class T, class Points, int64_t step>
struct TilePanels {
  const T* data;
  int64_t image_stride;
  std::array<int64_t, 2> extent;  // of the source
  std::array<int64_t, 2> first;
  std::array<int64_t, 2> tiles;
  int64_t lanes;

  template <int64_t W>
  void pack(int64_t k0, int64_t k1, int64_t lane0, T* out, int64_t pitch) const {
#if HWY_TARGET <= HWY_AVX2  // masked loads touch no memory outside their mask
    constexpr int64_t vector = TileSize<T>::vector;
    if constexpr (vector >= 4)
      if (tiles[1] % vector == 0) return pack_runs<W, vector>(k0, k1, lane0, out, pitch);
    if constexpr (vector >= 8)
      if (tiles[1] % (vector / 2) == 0) return pack_runs<W, vector / 2>(k0, k1, lane0, out, pitch);
    if constexpr (vector >= 16)
      if (tiles[1] % (vector / 4) == 0) return pack_runs<W, vector / 4>(k0, k1, lane0, out, pitch);
    if (extent[1] <= vector && tiles[1] <= vector) return pack_short_rows<W>(k0, k1, lane0, out, pitch);
#endif
    pack_lanes<W>(k0, k1, lane0, out, pitch);
  }

 private:
  /// Source rows, or columns, that a tile sees.
  static constexpr int64_t seen = 3 * step, phases = step * step;

  const T* channel(int64_t k) const {
    return data + k / phases * extent[0] * extent[1];
  }

  /// Turns rows into points. lines[seen row][point column][phase column][l], rows of `row`, belong to the
  /// channel whose first phase is element k of K.
  template <int64_t W, int64_t row = W>
  static HWY_INLINE void finish(const T* HWY_RESTRICT lines, int64_t k, T* HWY_RESTRICT out, int64_t pitch) {
    using N = Lanes<T>;
    for (int64_t a = 0; a < step; ++a)
      for (int64_t q = 0; q < 3; ++q)
        for (int64_t b = 0; b < step; ++b) {
          const auto line = [&](int64_t tap) {
            return lines + (((tap * step + a) * 3 + q) * step + b) * row;
          };
          T* to = out + q * pitch + (k + a * step + b) * W;
          for (int64_t l = 0; l < W; l += lanes_of()) {
            N p[3];
            Points::apply(N::load(line(0) + l), N::load(line(1) + l), N::load(line(2) + l), p);
            for (int64_t r = 0; r < 3; ++r) p[r].store(to + r * 3 * pitch + l);
          }
        }
  }
  static constexpr int64_t lanes_of() {
    return TileSize<T>::vector;
  }

#if HWY_TARGET <= HWY_AVX2
  /// Where L divides the tiles of a row, L lanes lie side by side and see for each of their source columns
  /// L elements of a row at distance 2 step.
  template <int64_t W, int64_t L>
  void pack_runs(int64_t k0, int64_t k1, int64_t lane0, T* out, int64_t pitch) const {
    using D = hn::CappedTag<T, static_cast<size_t>(L)>;
    constexpr int64_t loads = 2 * step;
    const D d;
    struct Run {
      hn::Mask<D> inside[2][loads];
      int64_t row, offset;
    };
    Run runs[W / L];
    int64_t count = 0;
    TileWalk walk(tiles, lane0);
    for (; count < W / L && lane0 + count * L < lanes; ++count, walk.advance(L)) {
      Run& run = runs[count];
      const int64_t column = first[1] + walk.column * 2 * step;
      run.row = first[0] + walk.row * 2 * step;
      run.offset = walk.image * image_stride + column;
      for (int64_t shifted = 0; shifted < 2; ++shifted)
        for (int64_t i = 0; i < loads; ++i) {
          const int64_t begin = column + shifted * 2 * step + i * L;
          const auto clip = [&](int64_t n) { return static_cast<size_t>(std::clamp<int64_t>(n, 0, L)); };
          run.inside[shifted][i] =
              hn::AndNot(hn::FirstN(d, clip(-begin)), hn::FirstN(d, clip(extent[1] - begin)));
        }
    }
    HWY_ALIGN T lines[seen * seen * W] = {};
    for (int64_t k = k0; k < k1; k += phases) {
      for (int64_t r = 0; r < count; ++r)
        for (int64_t e = 0; e < seen; ++e) {
          const int64_t row = runs[r].row + e;
          T* to = lines + e * seen * W + r * L;
          if (row < 0 || row >= extent[0]) {
            for (int64_t i = 0; i < seen; ++i) hn::StoreU(hn::Zero(d), d, to + i * W);
            continue;
          }
          const T* from = channel(k) + runs[r].offset + row * extent[1];
          hn::Vec<D> x[4 * step];
          gather<L>(d, from, runs[r].inside[0], x);
          gather<L>(d, from + 2 * step, runs[r].inside[1], x + 2 * step);
          for (int64_t b = 0; b < step; ++b) {
            Short<D> p[3];
            Points::apply(Short<D>{x[b]}, Short<D>{x[step + b]}, Short<D>{x[2 * step + b]}, p);
            for (int64_t q = 0; q < 3; ++q) hn::StoreU(p[q].v, d, to + (q * step + b) * W);
          }
        }
      finish<W>(lines, k - k0, out, pitch);
    }
  }

  /// Rows that fit a vector: each tap of a row's tiles is a permutation of it.
  template <int64_t W>
  void pack_short_rows(int64_t k0, int64_t k1, int64_t lane0, T* out, int64_t pitch) const {
    using D = hn::ScalableTag<T>;
    using Index = hwy::MakeSigned<T>;
    constexpr int64_t vector = TileSize<T>::vector, space = W + vector;
    const D d;
    // Tap i of phase b of the tile in lane j sees column first + (2 j + i) step + b.
    decltype(hn::SetTableIndices(d, static_cast<const Index*>(nullptr))) from[seen];
    hn::Mask<D> inside[seen];
    for (int64_t i = 0; i < seen; ++i) {
      Index index[vector];
      T valid[vector];
      for (int64_t j = 0; j < vector; ++j) {
        const int64_t column = first[1] + 2 * j * step + i;
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
    HWY_ALIGN T memory[vector + seen * seen * space] = {};
    T* lines = memory + vector;
    for (int64_t k = k0; k < k1; k += phases) {
      TileWalk walk(tiles, lane0);
      for (int64_t l = 0; l < W && lane0 + l < lanes;) {
        const T* image = channel(k) + walk.image * image_stride;
        const int64_t count = tiles[1] - walk.column;
        for (int64_t e = 0; e < seen; ++e) {
          const int64_t row = first[0] + walk.row * 2 * step + e;
          const auto x =
              row < 0 || row >= extent[0] ? hn::Zero(d) : hn::MaskedLoad(whole, d, image + row * extent[1]);
          T* to = lines + e * seen * space + l - walk.column;
          for (int64_t b = 0; b < step; ++b) {
            const auto tap = [&](int64_t i) {
              return Lanes<T>(
                  hn::IfThenElseZero(inside[i * step + b], hn::TableLookupLanes(x, from[i * step + b])));
            };
            Lanes<T> p[3];
            Points::apply(tap(0), tap(1), tap(2), p);
            for (int64_t q = 0; q < 3; ++q) p[q].store(to + (q * step + b) * space);
          }
        }
        l += count;
        walk.advance(count);
      }
      finish<W, space>(lines, k - k0, out, pitch);
    }
  }

  /// A vector of L lanes that adds and subtracts.
  template <class D>
  struct Short {
    hn::Vec<D> v;
    friend HWY_INLINE Short operator+(Short a, Short b) { return {hn::Add(a.v, b.v)}; }
    friend HWY_INLINE Short operator-(Short a, Short b) { return {hn::Sub(a.v, b.v)}; }
  };

  /// x[i] = elements i, i + 2 step, i + 4 step … of 2 step L in a row.
  template <int64_t L, class D>
  static HWY_INLINE void gather(D d, const T* from, const hn::Mask<D>* inside, hn::Vec<D>* x) {
    for (int64_t i = 0; i < 2 * step; ++i) x[i] = hn::MaskedLoad(inside[i], d, from + i * L);
    const auto halve = [d](hn::Vec<D>* even, hn::Vec<D>* odd, hn::Vec<D> lower, hn::Vec<D> upper) {
      *even = hn::ConcatEven(d, upper, lower);
      *odd = hn::ConcatOdd(d, upper, lower);
    };
    if constexpr (step == 1) {
      halve(&x[0], &x[1], x[0], x[1]);
    } else {
      hn::Vec<D> even[2], odd[2];
      halve(&even[0], &odd[0], x[0], x[1]);
      halve(&even[1], &odd[1], x[2], x[3]);
      halve(&x[0], &x[2], even[0], even[1]);
      halve(&x[1], &x[3], odd[0], odd[1]);
    }
  }
#endif

  /// Any grid, lane by lane.
  template <int64_t W>
  void pack_lanes(int64_t k0, int64_t k1, int64_t lane0, T* out, int64_t pitch) const {
    struct Place {
      int64_t row, column, offset;
    };
    Place places[W];
    const int64_t count = std::min(W, lanes - lane0);
    TileWalk walk(tiles, lane0);
    for (int64_t l = 0; l < count; ++l, walk.advance(1))
      places[l] = {first[0] + walk.row * 2 * step, first[1] + walk.column * 2 * step,
                   walk.image * image_stride};
    HWY_ALIGN T lines[seen * seen * W] = {};
    for (int64_t k = k0; k < k1; k += phases) {
      for (int64_t l = 0; l < count; ++l)
        for (int64_t e = 0; e < seen; ++e) {
          const int64_t row = places[l].row + e, column = places[l].column;
          const bool outside = row < 0 || row >= extent[0];
          const T* from = channel(k) + places[l].offset + row * extent[1];
          T x[seen];
          for (int64_t i = 0; i < seen; ++i)
            x[i] = outside || column + i < 0 || column + i >= extent[1] ? T(0) : from[column + i];
          for (int64_t b = 0; b < step; ++b) {
            T p[3];
            Points::apply(x[b], x[step + b], x[2 * step + b], p);
            for (int64_t q = 0; q < 3; ++q) lines[((e * 3 + q) * step + b) * W + l] = p[q];
          }
        }
      finish<W>(lines, k - k0, out, pitch);
    }
  }
};

/// A source with lanes and K exchanged. Blocks of its K begin at multiples of TileSize::columns.
template <class T, class Source>
struct Exchanged {
  Source source;
  int64_t lanes;  // the source's extent of K

  template <int64_t W>
  void pack(int64_t k0, int64_t k1, int64_t lane0, T* out, int64_t pitch) const {
    constexpr int64_t width = TileSize<T>::columns;
    constexpr int64_t block_pitch = point_pitch<T>(W * width);
    HWY_ALIGN T block[winograd_points * block_pitch];
    const int64_t count = std::min(W, lanes - lane0);
    for (int64_t k = k0; k < k1; k += width) {
      source.template pack<width>(lane0, lane0 + count, k, block, block_pitch);
      for (int64_t p = 0; p < winograd_points; ++p)
        pack_rows<W>(block + p * block_pitch, width, count, std::min(width, k1 - k),
                     out + p * pitch + (k - k0) * W);
    }
  }
};

/// Lanes are channels on one side of the weights, K is (channel on the other side, phase).
template <class T>
struct TwoTapPanels {
  const T* data;
  int64_t lane_stride, channel_stride, lanes;
  int64_t stride;
  std::array<int64_t, 2> phase;  // phases [begin, end), row by row
  bool reversed;                 // tap 0 last

  template <int64_t W>
  void pack(int64_t k0, int64_t k1, int64_t lane0, T* out, int64_t pitch) const {
    constexpr int64_t most_taps = 16;
    const int64_t count = std::min(W, lanes - lane0), side = 2 * stride, phases = phase[1] - phase[0];
    T taps[most_taps * W];
    for (int64_t k = k0; k < k1; k += phases) {
      pack_rows<W>(data + lane0 * lane_stride + k / phases * channel_stride, lane_stride, count, side * side,
                   taps);
      for (int64_t i = 0; i < phases; ++i) {
        const int64_t a = (phase[0] + i) / stride, b = (phase[0] + i) % stride;
        const auto tap = [&](int64_t u, int64_t v) {
          if (reversed) u = 1 - u, v = 1 - v;
          return taps + ((u * stride + a) * side + v * stride + b) * W;
        };
        T* to = out + (k - k0 + i) * W;
        points<W>(tap(0, 0), tap(0, 1), tap(1, 0), tap(1, 1), pitch, to);
      }
    }
  }

 private:
  template <int64_t W>
  static HWY_INLINE void points(const T* g00, const T* g01, const T* g10, const T* g11, int64_t step,
                                T* HWY_RESTRICT to) {
    for (int64_t l = 0; l < W; ++l) {
      const T upper = g00[l] + g01[l], lower = g10[l] + g11[l];
      to[l] = g00[l];
      to[step + l] = upper;
      to[2 * step + l] = g01[l];
      to[3 * step + l] = g00[l] + g10[l];
      to[4 * step + l] = upper + lower;
      to[5 * step + l] = g01[l] + g11[l];
      to[6 * step + l] = g10[l];
      to[7 * step + l] = lower;
      to[8 * step + l] = g11[l];
    }
  }
};

/// Rows are channels, columns the tiles of a grid of pixels, which lie at distances from each other.
template <class T>
struct TileSink {
  T* data;
  int64_t image_stride, channel_stride, row_stride, column_stride;
  std::array<int64_t, 2> grid, tiles;

  void store(int64_t row0, int64_t column0, int64_t rows, int64_t columns, const T* points) const {
    using Size = TileSize<T>;
    struct Place {
      int64_t offset;
      bool second_row, second_column;
    };
    Place places[Size::columns];
    TileWalk walk(tiles, column0);
    for (int64_t j = 0; j < columns; ++j, walk.advance(1))
      places[j] = {walk.image * image_stride + 2 * walk.row * row_stride + 2 * walk.column * column_stride,
                   2 * walk.row + 1 < grid[0], 2 * walk.column + 1 < grid[1]};
    HWY_ALIGN T y[4 * Size::columns];
    for (int64_t i = 0; i < rows; ++i) {
      outputs_of_points(points + i * Size::columns, y);
      T* to = data + (row0 + i) * channel_stride;
      for (int64_t j = 0; j < columns; ++j) {
        const auto [offset, second_row, second_column] = places[j];
        to[offset] = y[j];
        if (second_column) to[offset + column_stride] = y[Size::columns + j];
        if (second_row) to[offset + row_stride] = y[2 * Size::columns + j];
        if (second_row && second_column) to[offset + row_stride + column_stride] = y[3 * Size::columns + j];
      }
    }
  }
};

/// Rows are output channels, columns (input channel, phase): gradients of the weights.
template <class T>
struct TwoTapSink {
  T* data;
  int64_t row_stride, stride;

  void store(int64_t row0, int64_t column0, int64_t rows, int64_t columns, const T* points) const {
    using Size = TileSize<T>;
    const int64_t side = 2 * stride, phases = stride * stride;
    HWY_ALIGN T y[4 * Size::columns];
    for (int64_t i = 0; i < rows; ++i) {
      outputs_of_points(points + i * Size::columns, y);
      for (int64_t j = 0; j < columns; ++j) {
        const int64_t channel = (column0 + j) / phases, phase = (column0 + j) % phases;
        T* to =
            data + (row0 + i) * row_stride + channel * side * side + phase / stride * side + phase % stride;
        for (int64_t u = 0; u < 2; ++u)
          for (int64_t v = 0; v < 2; ++v) to[(u * side + v) * stride] = y[(2 * u + v) * Size::columns + j];
      }
    }
  }
};

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggled guard
