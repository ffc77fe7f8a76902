// Convolutions by minimal filtering: S. Winograd, "Arithmetic Complexity of Computations", SIAM 1980; Lavin
// and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016, section 4. F(m, r) forms m
// neighbouring outputs of r taps from m + r - 1 products instead of m r; in two dimensions, a tile of m x m
// outputs from (m + r - 1)^2. Each of these points is a matrix product over channels. F(2x2, 2x2),
//   products (d0 - d1) g0,  d1 (g0 + g1),  (d2 - d1) g1;      y = m0 + m1,  m1 + m2,
// takes 9 products instead of 16, with coefficients of 1 and -1 only: integers stay exact, and rounding
// errors are close to those of the direct sum. F(4x4, 2x2) takes 25 instead of 64, F(4x4, 3x3) and F(3x3,
// 4x4) 36 instead of 144; their coefficients are no integers, and errors are a few times those of the direct
// sum, so they serve f32 alone (docs/performance.md has numbers). A value that is not finite spreads over its
// tile.
//
// A kernel of twice its stride has two taps an axis in each phase of the stride; phases are channels more.
// Forward, d is the image, g the weights, and products add over (channel, phase). The input gradient is the
// same for each phase, d being the output gradient. The weight gradient is F(r, m): it has for its outputs
// the taps, d the image, g a tile of the output gradient, and products add over tiles.
//
// A source has   pack<W>(k0, k1, lane0, out, pitch): out[point * pitch + (k - k0) W + l] = element k of lane
//                lane0 + l, for l < W; lanes past the last hold anything. It may write as much behind a
//                point's elements as point_pitch() leaves free.
// A sink has     store(row0, column0, rows, columns, tiles), tiles[point][r][TileSize::columns].
// Included once for each Highway target.
#if defined(SADDLE_KERNELS_CPU_WINOGRAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_CPU_WINOGRAD_INL_H_
#undef SADDLE_KERNELS_CPU_WINOGRAD_INL_H_
#else
#define SADDLE_KERNELS_CPU_WINOGRAD_INL_H_
#endif

#include "hwy/cache_control.h"
#include "kernels/cpu/gemm-inl.h"
#include "kernels/cpu/winograd_filters-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// Of the third-level cache, what all threads read at a time may take.
constexpr int64_t shared_bytes = 8 << 20;

/// From the panel of a point to that of the next, at least. A cache line more than they take: the points'
/// streams at a distance of whole pages would all fall into one set of the cache, which has eight ways.
template <class T>
constexpr int64_t point_pitch(int64_t elements) {
  return line_up<T>(elements) + line_up<T>(1);
}

/// For each point, an m x n x k product of a family that runs together. Blocks of K begin at multiples of
/// k_step.
template <class A, class B, class C>
struct PointProducts {
  int64_t m, n, k, k_step;
  A a;
  B b;
  C c;
};

/// Runs families of products that write the same tensor, where B's lanes are many and A stays in cache: it is
/// packed whole, once, for all threads, and read by every task. A task takes one panel of B's lanes and a
/// range of A's, packs its panel for all points, block by block of K, and finishes its block of C in every
/// family. How many ranges there are depends on the number of threads; the bits of the result do not, since a
/// tile of C is summed in the same order whichever task it falls to.
template <class T, class F, class A, class B, class C>
class PointGemmByColumns {
 public:
  using Family = PointProducts<A, B, C>;

  explicit PointGemmByColumns(std::span<const Family> families) : families_(families) {
    int64_t rows = 0;
    for (const auto& f : families) {
      rows = std::max(rows, row_panels(f));
      blocks_ = std::max(blocks_, ceil_div(f.n, Size::columns));
    }
    if (blocks_ == 0 || rows == 0) return;
    const int64_t wanted_tasks = 4 * num_threads();
    const int64_t groups = std::min(ceil_div(wanted_tasks, blocks_), ceil_div(rows, least_rows));
    group_rows_ = ceil_div(rows, groups);
    groups_ = ceil_div(rows, group_rows_);
  }

  void run() {
    for (const auto& f : families_) a_.push_back(pack_rows_of(f));
    int64_t elements = 0;
    for (const auto& f : families_) elements = std::max(elements, tile_elements(f) + packed_elements(f));
    Workspace<T> workspace(blocks_ * groups_, elements);
    parallel_for(blocks_ * groups_, 1, [&](int64_t begin, int64_t end) {
      const typename Workspace<T>::Piece piece(workspace);
      for (int64_t i = begin; i < end; ++i)
        for (size_t f = 0; f < families_.size(); ++f)
          multiply(families_[f], a_[f].template data<T>(), i / groups_, i % groups_, piece.data());
    });
  }

 private:
  using Size = TileSize<T>;
  static constexpr int64_t points = F::points * F::points;
  /// Panels of A for which packing a panel of B pays.
  static constexpr int64_t least_rows = 8;

  static int64_t row_panels(const Family& f) { return ceil_div(f.m, Size::rows); }
  /// With a single block of K, the tiles of a row are finished at once: one place, in L1, serves all.
  static int64_t tile_step(const Family& f) { return f.k <= f.k_step ? 0 : points * Size::elements; }
  int64_t tile_elements(const Family& f) const {
    return std::max(points * Size::elements, group_rows_ * tile_step(f));
  }
  static int64_t packed_elements(const Family& f) {
    return points * point_pitch<T>(std::min(f.k, f.k_step) * Size::columns);
  }

  static Tensor pack_rows_of(const Family& f) {
    const int64_t pitch = point_pitch<T>(f.k * Size::rows), panel = points * pitch;
    Tensor packed = Tensor::empty({row_panels(f), panel}, dtype_of<T>);
    T* out = packed.data<T>();
    parallel_for(row_panels(f), 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        f.a.template pack<Size::rows>(0, f.k, i * Size::rows, out + i * panel, pitch);
    });
    return packed;
  }

  void multiply(const Family& f, const T* a, int64_t block, int64_t group, T* tiles) const {
    const int64_t column = block * Size::columns, columns = std::min(Size::columns, f.n - column);
    const Range rows{group * group_rows_, std::min((group + 1) * group_rows_, row_panels(f))};
    if (columns <= 0 || rows.size() <= 0) return;
    const int64_t a_pitch = point_pitch<T>(f.k * Size::rows);
    T* b = tiles + tile_elements(f);
    for (int64_t k0 = 0; k0 < f.k; k0 += f.k_step) {
      const int64_t k1 = std::min(k0 + f.k_step, f.k);
      const int64_t b_pitch = point_pitch<T>((k1 - k0) * Size::columns);
      f.b.template pack<Size::columns>(k0, k1, column, b, b_pitch);
      T* tile = tiles;
      for (int64_t i = rows.begin; i < rows.end; ++i, tile += tile_step(f)) {
        const int64_t row = i * Size::rows, count = std::min(Size::rows, f.m - row);
        const auto product = tile_function<T>(count, columns);
        for (int64_t p = 0; p < points; ++p)
          product(k1 - k0, a + (i * points + p) * a_pitch + k0 * Size::rows, b + p * b_pitch,
                  tile + p * Size::elements, {}, k0 > 0);
        if (k1 == f.k) f.c.store(row, column, count, columns, tile);
      }
    }
  }

  std::span<const Family> families_;
  int64_t blocks_ = 0, groups_ = 1, group_rows_ = 1;
  std::vector<Tensor> a_;
};

/// Runs a family where A, at all points, would fill megabytes for a few panels of B, or more of them than
/// stay in cache from one panel to the next. Panels of B are packed, a chunk at a time, for all threads. A
/// task packs a few panels of A, which stay in L2 while the chunk goes by. Bits do not depend on the number
/// of threads for the same reason as above.
template <class T, class F, class A, class B, class C>
class PointGemmByRows {
 public:
  using Family = PointProducts<A, B, C>;

  explicit PointGemmByRows(const Family& f)
      : f_(f),
        k_step_(std::min(f.k, f.k_step)),
        rows_(ceil_div(f.m, Size::rows)),
        blocks_(ceil_div(f.n, Size::columns)),
        b_pitch_(point_pitch<T>(k_step_ * Size::columns)),
        a_pitch_(point_pitch<T>(k_step_ * Size::rows)) {
    const auto fitting = [](int64_t bytes, int64_t elements) {
      return std::max<int64_t>(1, bytes / static_cast<int64_t>(sizeof(T)) / elements);
    };
    const int64_t kept = keeps_tiles() ? rows_ * tile_elements : 0;
    chunk_ = ceil_div(blocks_, ceil_div(blocks_, fitting(shared_bytes, points * b_pitch_ + kept)));
    group_rows_ = std::min(fitting(rows_bytes, points * a_pitch_), ceil_div(rows_, 4 * num_threads()));
    row_groups_ = ceil_div(rows_, group_rows_);
    column_groups_ = std::min(chunk_, ceil_div(2 * num_threads(), row_groups_));
  }

  void run() {
    b_ = Tensor::empty({chunk_, points * b_pitch_}, dtype_of<T>);
    if (keeps_tiles()) tiles_ = Tensor::empty({chunk_ * rows_, tile_elements}, dtype_of<T>);
    const int64_t own_tiles = keeps_tiles() ? 0 : group_rows_ * tile_elements;
    Workspace<T> workspace(row_groups_ * column_groups_, own_tiles + group_rows_ * points * a_pitch_);
    for (int64_t j0 = 0; j0 < blocks_; j0 += chunk_)
      for (int64_t k0 = 0; k0 < f_.k; k0 += k_step_) {
        const Range columns{j0, std::min(j0 + chunk_, blocks_)}, k{k0, std::min(k0 + k_step_, f_.k)};
        pack_columns_of(columns, k);
        parallel_for(row_groups_ * column_groups_, 1, [&](int64_t begin, int64_t end) {
          const typename Workspace<T>::Piece piece(workspace);
          for (int64_t i = begin; i < end; ++i)
            multiply(columns, k, i / column_groups_, i % column_groups_, piece.data(),
                     piece.data() + own_tiles);
        });
      }
  }

 private:
  using Size = TileSize<T>;
  static constexpr int64_t points = F::points * F::points, tile_elements = points * Size::elements;
  /// Of A for a task: half of L2. (B, and sums not finished, are for all threads.)
  static constexpr int64_t rows_bytes = 512 << 10;

  /// With several blocks of K, sums are kept from one to the next.
  bool keeps_tiles() const { return k_step_ < f_.k; }

  void pack_columns_of(Range columns, Range k) {
    constexpr int64_t k_piece = Size::columns;
    const int64_t pieces = ceil_div(k.size(), k_piece);
    T* out = b_.template data<T>();
    parallel_for(columns.size() * pieces, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t block = i / pieces, k0 = k.begin + i % pieces * k_piece;
        f_.b.template pack<Size::columns>(
            k0, std::min(k0 + k_piece, k.end), (columns.begin + block) * Size::columns,
            out + block * points * b_pitch_ + (k0 - k.begin) * Size::columns, b_pitch_);
      }
    });
  }

  void multiply(Range columns, Range k, int64_t row_group, int64_t column_group, T* own_tiles, T* a) {
    const Range rows{row_group * group_rows_, std::min((row_group + 1) * group_rows_, rows_)};
    const int64_t part = ceil_div(columns.size(), column_groups_);
    const Range own{column_group * part, std::min((column_group + 1) * part, columns.size())};
    if (own.size() <= 0) return;
    for (int64_t i = 0; i < rows.size(); ++i)
      f_.a.template pack<Size::rows>(k.begin, k.end, (rows.begin + i) * Size::rows, a + i * points * a_pitch_,
                                     a_pitch_);
    for (int64_t j = own.begin; j < own.end; ++j) {
      const T* b = b_.template data<T>() + j * points * b_pitch_;
      T* tiles =
          keeps_tiles() ? tiles_.template data<T>() + (j * rows_ + rows.begin) * tile_elements : own_tiles;
      const int64_t column = (columns.begin + j) * Size::columns;
      const int64_t column_count = std::min(Size::columns, f_.n - column);
      const auto row_count = [&](int64_t i) {
        return std::min(Size::rows, f_.m - (rows.begin + i) * Size::rows);
      };
      for (int64_t p = 0; p < points; ++p)
        for (int64_t i = 0; i < rows.size(); ++i)
          tile_function<T>(row_count(i), column_count)(
              k.size(), a + (i * points + p) * a_pitch_, b + p * b_pitch_,
              tiles + i * tile_elements + p * Size::elements, {}, k.begin > 0);
      if (k.end < f_.k) continue;
      for (int64_t i = 0; i < rows.size(); ++i)
        f_.c.store((rows.begin + i) * Size::rows, column, row_count(i), column_count,
                   tiles + i * tile_elements);
    }
  }

  const Family& f_;
  int64_t k_step_, rows_, blocks_, b_pitch_, a_pitch_;
  int64_t chunk_, group_rows_, row_groups_, column_groups_;
  Tensor b_, tiles_;
};

/// Runs families of products that write the same tensor, by columns where each panel of A serves many of B
/// out of the cache.
template <class T, class F, class A, class B, class C>
void multiply_points(const std::vector<PointProducts<A, B, C>>& families, F) {
  constexpr int64_t many = 8, points = F::points * F::points;
  int64_t lanes = 0, a_elements = 0;
  for (const auto& f : families) {
    lanes = std::max(lanes, f.n);
    a_elements += points * f.m * f.k;
  }
  if (lanes >= many * TileSize<T>::columns && a_elements * static_cast<int64_t>(sizeof(T)) <= shared_bytes)
    return PointGemmByColumns<T, F, A, B, C>(families).run();
  for (const auto& f : families) PointGemmByRows<T, F, A, B, C>(f).run();
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggled guard
