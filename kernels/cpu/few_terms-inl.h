// Products of few terms: y[M,N] = a[M,K] b[K,N] with K so small that it is y that is moved. Tiles go from
// registers to where they belong, in runs as long as the strip of columns that a task takes. Included once
// for each Highway target.
//
// Roofline: M N elements written, and first read by the cache, for 2 K operations each.
#if defined(SADDLE_KERNELS_CPU_FEW_TERMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_CPU_FEW_TERMS_INL_H_
#undef SADDLE_KERNELS_CPU_FEW_TERMS_INL_H_
#else
#define SADDLE_KERNELS_CPU_FEW_TERMS_INL_H_
#endif

#include "kernels/cpu/few_rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// Two vectors of each of R rows of y, from a panel of a and one of b.
template <class T, size_t... I>
HWY_INLINE void set_rows(std::index_sequence<I...>, int64_t k, const T* a, const T* b, T* y,
                         int64_t y_stride) {
  constexpr int64_t vector = TileSize<T>::vector;
  const hn::ScalableTag<T> d;
  hn::Vec<decltype(d)> sum[sizeof...(I)];
  ((sum[I] = hn::Zero(d)), ...);
  for (; k > 0; --k, a += TileSize<T>::rows, b += TileSize<T>::columns) {
    const hn::Vec<decltype(d)> columns[2] = {hn::Load(d, b), hn::Load(d, b + vector)};
    ((sum[I] = hn::MulAdd(hn::Set(d, a[I / 2]), columns[I % 2], sum[I])), ...);
  }
  (hn::StoreU(sum[I], d, y + static_cast<int64_t>(I) / 2 * y_stride + static_cast<int64_t>(I) % 2 * vector),
   ...);
}

template <class T, int64_t R>
void set_row_tile(int64_t k, const T* a, const T* b, T* y, int64_t y_stride) {
  set_rows<T>(std::make_index_sequence<R * 2>(), k, a, b, y, y_stride);
}

/// Indexed by the rows less one.
template <class T>
constexpr auto set_row_tiles = []<size_t... R>(std::index_sequence<R...>) {
  return std::array{&set_row_tile<T, R + 1>...};
}
(std::make_index_sequence<TileSize<T>::rows>());

/// y = a b. A is packed whole; a task takes a strip of columns, whose part of b then stays in cache.
template <class T>
void multiply_few_terms(const ProductSize& size, const MatrixPanels<T>& a, const MatrixPanels<T>& b, T* y) {
  using Size = TileSize<T>;
  constexpr int64_t cached = 131072 / sizeof(T);  // elements of b's strip
  const auto [m, n, k] = size;
  const int64_t tiles = std::max<int64_t>(
      1, std::min(ceil_div(ceil_div(n, flat_tasks), Size::columns), cached / (k * Size::columns)));
  const int64_t width = tiles * Size::columns, strips = ceil_div(n, width);
  Operand<T, Size::rows, MatrixPanels<T>> left(a, m, k);
  left.pack_all(1);
  const auto panels = left.get(0, {0, left.panels()}, {0, k}, nullptr);
  Workspace<T> workspace(strips, width * k + Size::elements);
  parallel_for(strips, 1, [&](int64_t begin, int64_t end) {
    const typename Workspace<T>::Piece piece(workspace);
    T *right = piece.data(), *edge = right + width * k;
    for (int64_t strip = begin; strip < end; ++strip) {
      const int64_t first = strip * width, columns = std::min(width, n - first);
      for (int64_t j = 0; j < columns; j += Size::columns)
        b.template pack<Size::columns>(0, 0, k, first + j, right + j * k);
      for (int64_t i = 0; i < left.panels(); ++i) {
        const int64_t rows = std::min(Size::rows, m - i * Size::rows);
        T* to = y + i * Size::rows * n + first;
        for (int64_t j = 0; j < columns; j += Size::columns) {
          const int64_t rest = std::min(Size::columns, columns - j);
          const bool whole = rest == Size::columns;
          set_row_tiles<T>[static_cast<size_t>(rows - 1)](k, panels.data + i * panels.stride, right + j * k,
                                                          whole ? to + j : edge, whole ? n : Size::columns);
          if (!whole)
            for (int64_t r = 0; r < rows; ++r) std::copy_n(edge + r * Size::columns, rest, to + r * n + j);
        }
      }
    }
  });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggled guard
