// Products of a few rows with a large matrix that is read where it lies: y[M,N] = a[M,K] b, b[K,N] or its
// transpose b[N,K]. To pack b, as gemm-inl.h does, is to write it and read it again for a handful of uses.
// Here it is the small operand that is copied into the order that suits. Included once for each Highway
// target.
//
// Roofline: K N elements of b, each read once, with 2 M operations: up to some ten rows memory binds, beyond
// them the multiply-add units.
#if defined(SADDLE_KERNELS_CPU_FEW_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_CPU_FEW_ROWS_INL_H_
#undef SADDLE_KERNELS_CPU_FEW_ROWS_INL_H_
#else
#define SADDLE_KERNELS_CPU_FEW_ROWS_INL_H_
#endif

#include "hwy/cache_control.h"

#include "kernels/cpu/panels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// The small operand: element (row, k) lies at data[row * row_stride + k * k_stride].
template <class T>
struct FewRows {
  const T* data;
  int64_t row_stride, k_stride;
};

/// Tasks that either way of multiplying makes, if there is enough for each.
constexpr int64_t flat_tasks = 16;

struct ProductSize {
  static constexpr int64_t few = 64, many = 128;
  int64_t m, n, k;
  /// True if the functions below are the faster way: few rows, and enough elsewhere to share among tasks.
  bool has_few_rows() const { return m <= few && n >= many && k >= many; }
  /// True for a single column that is better multiplied as a row of the transposed product.
  bool is_column() const { return n == 1 && m >= flat_tasks && k >= many; }
  /// As has_few_rows() for that of few_terms-inl.h.
  bool has_few_terms() const { return m >= many && n >= many && 0 < k && k <= few; }
};

/// y[r, :] += sum over k of a[k, r] b[k, :], for two vectors of columns. Asks for b's lines `ahead` elements
/// on.
template <class T, size_t... I>
HWY_INLINE void add_rows(std::index_sequence<I...>, int64_t k, const T* a, int64_t a_stride, const T* b,
                         int64_t b_stride, int64_t ahead, T* y, int64_t y_stride) {
  constexpr int64_t vector = TileSize<T>::vector;
  const hn::ScalableTag<T> d;
  hn::Vec<decltype(d)> sum[sizeof...(I)];
  const auto place = [=](size_t i) {
    return y + static_cast<int64_t>(i) / 2 * y_stride + static_cast<int64_t>(i) % 2 * vector;
  };
  ((sum[I] = hn::Load(d, place(I))), ...);
  for (; k > 0; --k, a += a_stride, b += b_stride) {
    const hn::Vec<decltype(d)> columns[2] = {hn::LoadU(d, b), hn::LoadU(d, b + vector)};
    if (ahead != 0) {
      hwy::Prefetch(b + ahead);
      hwy::Prefetch(b + ahead + vector);
    }
    ((sum[I] = hn::MulAdd(hn::Set(d, a[I / 2]), columns[I % 2], sum[I])), ...);
  }
  (hn::Store(sum[I], d, place(I)), ...);
}

template <class T, int64_t R>
void add_row_tile(int64_t k, const T* a, int64_t a_stride, const T* b, int64_t b_stride, int64_t ahead, T* y,
                  int64_t y_stride) {
  add_rows<T>(std::make_index_sequence<R * 2>(), k, a, a_stride, b, b_stride, ahead, y, y_stride);
}

/// Indexed by the rows less one.
template <class T>
constexpr auto row_tiles = []<size_t... R>(std::index_sequence<R...>) {
  return std::array{&add_row_tile<T, R + 1>...};
}
(std::make_index_sequence<TileSize<T>::rows>());

/// y = a b for b[K,N]. A task takes a strip of columns and walks down b a few rows at a time, adding to sums
/// that stay in cache.
template <class T>
void multiply_flat(const ProductSize& size, const FewRows<T>& a, const T* b, T* y) {
  constexpr int64_t tile_columns = TileSize<T>::columns;
  constexpr int64_t cached = 32768 / sizeof(T);  // elements of the sums
  const auto [m, n, k] = size;
  // Few of b's rows at once where it is memory that binds: their next ones are on the way meanwhile.
  const int64_t rows_at_once = m <= 16 ? 8 : 16;
  const int64_t row_tile = ceil_div(m, ceil_div(m, TileSize<T>::rows));
  const int64_t tiles = std::max<int64_t>(
      1, std::min(ceil_div(ceil_div(n, flat_tasks), tile_columns), cached / (m * tile_columns)));
  // A line more than the strip's width, so that its rows do not evict each other.
  const int64_t width = tiles * tile_columns, sums_stride = line_up<T>(width + 1);

  Tensor turned = Tensor::empty({k, m}, dtype_of<T>);
  T* a_turned = turned.data<T>();
  for (int64_t i = 0; i < k; ++i)
    for (int64_t r = 0; r < m; ++r) a_turned[i * m + r] = a.data[r * a.row_stride + i * a.k_stride];

  const int64_t strips = ceil_div(n, width), sums_elements = line_up<T>(m * sums_stride);
  Workspace<T> workspace(strips, sums_elements + rows_at_once * tile_columns);
  parallel_for(strips, 1, [&](int64_t begin, int64_t end) {
    const typename Workspace<T>::Piece piece(workspace);
    T *sums = piece.data(), *edge = sums + sums_elements;
    for (int64_t strip = begin; strip < end; ++strip) {
      const int64_t first = strip * width, columns = std::min(width, n - first);
      std::fill_n(sums, sums_elements, T(0));
      for (int64_t k0 = 0; k0 < k; k0 += rows_at_once) {
        const int64_t count = std::min(rows_at_once, k - k0);
        const int64_t ahead = k0 + 2 * rows_at_once <= k ? rows_at_once * n : 0;
        for (int64_t j = 0; j < columns; j += tile_columns) {
          const T* from = b + k0 * n + first + j;
          const bool whole = j + tile_columns <= columns;
          if (!whole) pack_columns<tile_columns>(from, n, columns - j, count, edge);
          for (int64_t r = 0; r < m; r += row_tile)
            row_tiles<T>[static_cast<size_t>(std::min(row_tile, m - r) - 1)](
                count, a_turned + k0 * m + r, m, whole ? from : edge, whole ? n : tile_columns,
                whole && r == 0 ? ahead : 0, sums + r * sums_stride + j, sums_stride);
        }
      }
      for (int64_t r = 0; r < m; ++r) std::copy_n(sums + r * sums_stride, columns, y + r * n + first);
    }
  });
}

/// Rows of b and of a that meet in registers in a product with a transposed b.
constexpr int64_t dot_rows = 4, dot_columns = HWY_ARCH_X86 && HWY_MAX_BYTES < 64 ? 2 : 6;

/// sums[r, c] += the lane by lane products of row r of b and row c of a. The rows of a end in zeros that fill
/// their last vector.
template <class T, int64_t R, int64_t C, size_t... I>
HWY_INLINE void add_dots(std::index_sequence<I...>, int64_t k, const T* b, int64_t b_stride, const T* a,
                         int64_t a_stride, T* sums, int64_t sums_stride) {
  constexpr int64_t vector = TileSize<T>::vector;
  const hn::ScalableTag<T> d;
  using V = hn::Vec<decltype(d)>;
  V sum[sizeof...(I)], left[R], right[C];
  const auto place = [=](size_t i) {
    return sums + static_cast<int64_t>(i) / C * sums_stride + static_cast<int64_t>(i) % C * vector;
  };
  ((sum[I] = hn::Load(d, place(I))), ...);
  const auto step = [&](auto&& load) {
    for (int64_t r = 0; r < R; ++r) left[r] = load(b + r * b_stride);
    for (int64_t c = 0; c < C; ++c) right[c] = hn::Load(d, a + c * a_stride);
    ((sum[I] = hn::MulAdd(left[I / C], right[I % C], sum[I])), ...);
  };
  for (; k >= vector; k -= vector, a += vector, b += vector)
    step([&](const T* p) { return hn::LoadU(d, p); });
  if (k > 0) {
    const auto rest = hn::FirstN(d, static_cast<size_t>(k));
    step([&](const T* p) { return hn::MaskedLoad(rest, d, p); });
  }
  (hn::Store(sum[I], d, place(I)), ...);
}

template <class T, int64_t R, int64_t C>
void add_dot_tile(int64_t k, const T* b, int64_t b_stride, const T* a, int64_t a_stride, T* sums,
                  int64_t sums_stride) {
  add_dots<T, R, C>(std::make_index_sequence<R * C>(), k, b, b_stride, a, a_stride, sums, sums_stride);
}

/// Indexed by (rows of b - 1) * dot_columns + rows of a - 1.
template <class T>
constexpr auto dot_tiles = []<size_t... I>(std::index_sequence<I...>) {
  return std::array{&add_dot_tile<T, I / dot_columns + 1, I % dot_columns + 1>...};
}
(std::make_index_sequence<dot_rows * dot_columns>());

/// y = a b^T for b[N,K]. A task takes some rows of b; K is cut so that a's part stays in cache beside them. A
/// vector of partial sums for each element of y is added up at the end.
template <class T>
void multiply_flat_transposed(const ProductSize& size, const FewRows<T>& a, const T* b, T* y) {
  constexpr int64_t vector = TileSize<T>::vector, most_rows = 32;
  constexpr int64_t cached = 262144 / sizeof(T);  // elements of a's part
  const auto [m, n, k] = size;
  const int64_t k_step = std::max<int64_t>(1, cached / m / vector) * vector;
  const int64_t rows = std::min(most_rows, ceil_div(ceil_div(n, flat_tasks), dot_rows) * dot_rows);

  // A line more than K needs, so that rows do not evict each other.
  const int64_t a_stride = line_up<T>(k + 1);
  Tensor copied = Tensor::empty({m, a_stride}, dtype_of<T>);
  T* a_copied = copied.data<T>();
  for (int64_t r = 0; r < m; ++r) {
    T* row = a_copied + r * a_stride;
    for (int64_t i = 0; i < k; ++i) row[i] = a.data[r * a.row_stride + i * a.k_stride];
    std::fill(row + k, row + a_stride, T(0));
  }

  const int64_t tasks = ceil_div(n, rows), sums_stride = m * vector;
  Workspace<T> workspace(tasks, rows * sums_stride);
  parallel_for(tasks, 1, [&](int64_t begin, int64_t end) {
    const typename Workspace<T>::Piece piece(workspace);
    T* sums = piece.data();
    for (int64_t task = begin; task < end; ++task) {
      const int64_t first = task * rows, count = std::min(rows, n - first);
      std::fill_n(sums, count * sums_stride, T(0));
      for (int64_t k0 = 0; k0 < k; k0 += k_step)
        for (int64_t r = 0; r < count; r += dot_rows)
          for (int64_t c = 0; c < m; c += dot_columns) {
            const int64_t tile =
                (std::min(dot_rows, count - r) - 1) * dot_columns + std::min(dot_columns, m - c) - 1;
            dot_tiles<T>[static_cast<size_t>(tile)](std::min(k_step, k - k0), b + (first + r) * k + k0, k,
                                                    a_copied + c * a_stride + k0, a_stride,
                                                    sums + r * sums_stride + c * vector, sums_stride);
          }
      for (int64_t c = 0; c < m; ++c)
        for (int64_t r = 0; r < count; ++r) {
          const hn::ScalableTag<T> d;
          const auto lanes = hn::Load(d, sums + r * sums_stride + c * vector);
          y[c * n + first + r] = hn::GetLane(hn::SumOfLanes(d, lanes));
        }
    }
  });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggled guard
