// Copies that turn rows into columns, tile by tile.
#include "kernels/cpu/turn.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "core/thread_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/turn.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

constexpr int64_t grain = 16384;  // elements a range
constexpr int64_t tile_side = 32;

/// A square of elements that is turned around in registers: a vector of 128 bits a row.
template <class T>
struct Square {
  using Bits = hwy::UnsignedFromSize<sizeof(T)>;
  static constexpr int64_t side = HWY_TARGET == HWY_SCALAR ? 1 : 16 / sizeof(T);
  // Elements of a tile that is padded to squares: it has two rows or more.
  static constexpr int64_t tile_room = tile_side * tile_side * std::max<int64_t>(side / 2, 2);

  /// y[i * y_stride + j] = x[j * x_stride + i] for i < rows, j < side.
  static HWY_INLINE void turn(const Bits* x, int64_t x_stride, T* y, int64_t y_stride, int64_t rows) {
    constexpr auto n = static_cast<size_t>(side);
    using Tag = hn::FixedTag<Bits, n>;
    const Tag tag;
    std::array<hn::Vec<Tag>, n> v;
    for (size_t j = 0; j < n; ++j) v[j] = hn::LoadU(tag, x + static_cast<int64_t>(j) * x_stride);
#if HWY_TARGET != HWY_SCALAR
    for (size_t stage = 1; stage < n; stage *= 2) {
      const auto before = v;
      for (size_t i = 0; i < n / 2; ++i) {
        v[2 * i] = hn::InterleaveLower(tag, before[i], before[i + n / 2]);
        v[2 * i + 1] = hn::InterleaveUpper(tag, before[i], before[i + n / 2]);
      }
    }
#endif
    for (int64_t i = 0; i < rows; ++i)
      hn::StoreU(v[static_cast<size_t>(i)], tag, reinterpret_cast<Bits*>(y + i * y_stride));
  }
};

/// y[i * y_stride + j] = x[j * x_stride + i] for i < m, j < n. The tile is read in x's order and written in
/// y's, so that both sides are whole lines of cache even where strides are powers of two.
template <class T>
void turn_tile(const T* x, int64_t x_stride, T* y, int64_t y_stride, int64_t m, int64_t n,
               typename Square<T>::Bits* tile) {
  constexpr int64_t side = Square<T>::side;
  const int64_t pitch = (m + side - 1) / side * side, whole = n / side * side;
  for (int64_t j = 0; j < whole; ++j)
    std::memcpy(tile + j * pitch, x + j * x_stride, static_cast<size_t>(m) * sizeof(T));
  for (int64_t i = 0; i < m; i += side)
    for (int64_t j = 0; j < whole; j += side)
      Square<T>::turn(tile + j * pitch + i, pitch, y + i * y_stride + j, y_stride, std::min(side, m - i));
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = whole; j < n; ++j) y[i * y_stride + j] = x[j * x_stride + i];
}

/// Where x's rows become y's columns: axis `across` of the walk is innermost in x.
template <class T>
void copy_tiles(const T* x, const Walk& walk, size_t across, T* y) {
  Walk from, to;  // the axes around a tile, in x and in y
  int64_t dense = walk.extent[0], row_stride = 0;
  for (size_t i = 1; i < static_cast<size_t>(walk.rank); ++i) {
    if (i == across)
      row_stride = dense;
    else
      from.push(walk.extent[i], walk.stride[i]), to.push(walk.extent[i], dense);
    dense *= walk.extent[i];
  }
  const int64_t rows = walk.extent[across], columns = walk.extent[0], column_stride = walk.stride[0];
  // Where one side is short, the other makes up for it.
  const int64_t tile_rows = std::min(rows, std::max(tile_side, tile_side * tile_side / columns));
  const int64_t tile_columns = std::min(columns, std::max(tile_side, tile_side * tile_side / rows));
  const int64_t down = (rows + tile_rows - 1) / tile_rows, wide = (columns + tile_columns - 1) / tile_columns;
  const int64_t tiles_a_range = std::max<int64_t>(1, grain / (tile_rows * tile_columns));
  parallel_for(from.count() * down * wide, tiles_a_range, [&](int64_t begin, int64_t end) {
    std::array<typename Square<T>::Bits, static_cast<size_t>(Square<T>::tile_room)> tile;
    for (int64_t t = begin; t < end; ++t) {
      const int64_t column = t % wide * tile_columns, row = t / wide % down * tile_rows;
      const int64_t n = std::min(tile_columns, columns - column), m = std::min(tile_rows, rows - row);
      const T* px = x + from.offset(t / wide / down) + row + column * column_stride;
      T* py = y + to.offset(t / wide / down) + row * row_stride + column;
      turn_tile(px, column_stride, py, row_stride, m, n, tile.data());
    }
  });
}

void copy_turned_lanes(const Tensor& x, int64_t offset, const Walk& walk, size_t across, Tensor& y) {
  dispatch_any(x.dtype(), [&]<class T>() { copy_tiles(x.data<T>() + offset, walk, across, y.data<T>()); });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(copy_turned_lanes);
void copy_turned(const Tensor& x, int64_t offset, const Walk& walk, size_t across, Tensor& y) {
  HWY_DYNAMIC_DISPATCH(copy_turned_lanes)(x, offset, walk, across, y);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
