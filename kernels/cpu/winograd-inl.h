// Convolutions with two taps an axis by minimal filtering F(2x2, 2x2): S. Winograd, "Arithmetic Complexity of
// Computations", SIAM 1980; Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016,
// section 4. Two neighbouring outputs of two taps take three products instead of four,
//   m = (d0 - d1) g0,  d1 (g0 + g1),  (d2 - d1) g1;      y = m0 + m1,  m1 + m2,
// and in two dimensions a tile of 2x2 outputs nine instead of sixteen. Each of the nine points is a matrix
// product over channels, so the work of the direct way falls to 9/16. All coefficients are 1 and -1: integers
// stay exact and rounding errors close to those of the direct sum. (A value that is not finite spreads over
// its tile.)
//
// A kernel of twice its stride has two taps an axis in each phase of the stride; phases are channels more.
// Forward, d is the image, g the weights, and products add over (channel, phase). The input gradient is the
// same for each phase, d being the output gradient. The weight gradient has for its outputs the two taps, d
// the image, g a tile of the output gradient, and products add over tiles.
//
// A source has   pack<W>(k0, k1, lane0, out, pitch): out[point * pitch + (k - k0) W + l] = element k of lane
//                lane0 + l, for l < W, 0 for lanes past the last.
// A sink has     store(row0, column0, rows, columns, tiles), tiles[point][r][TileSize::columns].
// Included once for each Highway target.
#if defined(SADDLE_KERNELS_CPU_WINOGRAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_CPU_WINOGRAD_INL_H_
#undef SADDLE_KERNELS_CPU_WINOGRAD_INL_H_
#else
#define SADDLE_KERNELS_CPU_WINOGRAD_INL_H_
#endif

#include "kernels/cpu/gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

constexpr int64_t winograd_points = 9;

/// From the panel of a point to that of the next, at least. A cache line more than they take: nine streams at
/// a distance of whole pages would all fall into one set of the cache, which has eight ways.
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

/// Runs families of products that write the same tensor. A is packed whole, once, for all threads. A task
/// takes one panel of B's lanes and a range of A's, packs its panel for all points, block by block of K, and
/// finishes its block of C in every family. How many ranges there are depends on the number of threads; the
/// bits of the result do not, since a tile of C is summed in the same order whichever task it falls to.
template <class T, class A, class B, class C>
class PointGemm {
 public:
  explicit PointGemm(std::span<const PointProducts<A, B, C>> families) : families_(families) {
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
  using Family = PointProducts<A, B, C>;
  /// Panels of A for which packing a panel of B pays.
  static constexpr int64_t least_rows = 8;

  static int64_t row_panels(const Family& f) { return ceil_div(f.m, Size::rows); }
  /// With a single block of K, the tiles of a row are finished at once: one place, in L1, serves all.
  static int64_t tile_step(const Family& f) { return f.k <= f.k_step ? 0 : winograd_points * Size::elements; }
  int64_t tile_elements(const Family& f) const {
    return std::max(winograd_points * Size::elements, group_rows_ * tile_step(f));
  }
  static int64_t packed_elements(const Family& f) {
    return winograd_points * point_pitch<T>(std::min(f.k, f.k_step) * Size::columns);
  }

  static Tensor pack_rows_of(const Family& f) {
    const int64_t pitch = point_pitch<T>(f.k * Size::rows), panel = winograd_points * pitch;
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
        for (int64_t p = 0; p < winograd_points; ++p)
          product(k1 - k0, a + (i * winograd_points + p) * a_pitch + k0 * Size::rows, b + p * b_pitch,
                  tile + p * Size::elements, k0 > 0);
        if (k1 == f.k) f.c.store(row, column, count, columns, tile);
      }
    }
  }

  std::span<const Family> families_;
  int64_t blocks_ = 0, groups_ = 1, group_rows_ = 1;
  std::vector<Tensor> a_;
};

template <class T, class A, class B, class C>
void multiply_points(const std::vector<PointProducts<A, B, C>>& families) {
  PointGemm<T, A, B, C>(families).run();
}

/// y0 = m0 + m1, y1 = m1 + m2 in both axes, for one row of the nine tiles: y[2 u + v][column].
template <class T>
HWY_INLINE void outputs_of_points(const T* HWY_RESTRICT tiles, T* HWY_RESTRICT y) {
  using Size = TileSize<T>;
  using N = Lanes<T>;
  for (int64_t j = 0; j < Size::columns; j += Size::vector) {
    const auto m = [&](int64_t p) { return N::load(tiles + p * Size::elements + j); };
    N left[3], right[3];
    for (int64_t r = 0; r < 3; ++r) {
      const N middle = m(3 * r + 1);
      left[r] = m(3 * r) + middle;
      right[r] = middle + m(3 * r + 2);
    }
    (left[0] + left[1]).store(y + j);
    (right[0] + right[1]).store(y + Size::columns + j);
    (left[1] + left[2]).store(y + 2 * Size::columns + j);
    (right[1] + right[2]).store(y + 3 * Size::columns + j);
  }
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggled guard
