// Panel sources and the sink for operands that lie in memory as matrices; see gemm-inl.h. Included once for
// each Highway target.
#if defined(SADDLE_KERNELS_CPU_PANELS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_CPU_PANELS_INL_H_
#undef SADDLE_KERNELS_CPU_PANELS_INL_H_
#else
#define SADDLE_KERNELS_CPU_PANELS_INL_H_
#endif

#include "kernels/cpu/gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// Zeros in the lanes from `count` to the end of their vector, or to W, of k rows of a panel. No product
/// reads the vectors behind.
template <int64_t W, class T>
void clear_lanes(int64_t count, int64_t k, T* out) {
  const int64_t end = std::min(W, ceil_div(count, TileSize<T>::vector) * TileSize<T>::vector);
  if (count < end)
    for (; k > 0; --k, out += W) std::fill(out + count, out + end, T(0));
}

/// Lanes in columns: out[i][l] = rows[i * stride + l].
template <int64_t W, class T>
void pack_columns(const T* rows, int64_t stride, int64_t count, int64_t k, T* out) {
  if (count == W)
    for (; k > 0; --k, rows += stride, out += W) std::copy_n(rows, W, out);
  else
    for (; k > 0; --k, rows += stride, out += W) std::fill(std::copy_n(rows, count, out), out + W, T(0));
}

/// The side of the squares that vectors transpose: as wide as a 128-bit block, or as the one lane of a
/// machine without vectors.
#if HWY_TARGET == HWY_SCALAR
template <class T>
constexpr int64_t square = 1;
template <class D, class V>
HWY_INLINE void transpose(D, V*) {}
template <class D, class T>
HWY_INLINE hn::Vec<D> load_blocks(D d, const T* from, const int64_t* places) {
  return hn::LoadU(d, from + *places);
}
#else
template <class T>
constexpr int64_t square = 16 / sizeof(T);
/// r[i][j] <-> r[j][i] in the squares that equal blocks of the vectors r[0], r[1] … make.
template <class D>
HWY_INLINE void transpose(D d, hn::Vec<D>* r) {
  const auto lower01 = hn::InterleaveLower(d, r[0], r[1]), upper01 = hn::InterleaveUpper(d, r[0], r[1]);
  if constexpr (square<hn::TFromD<D>> == 2) {
    r[0] = lower01, r[1] = upper01;
  } else {
    const hn::Repartition<double, D> pairs;
    const auto lower23 = hn::InterleaveLower(d, r[2], r[3]), upper23 = hn::InterleaveUpper(d, r[2], r[3]);
    const auto lower = [&](auto a, auto b) HWY_ATTR {
      return hn::BitCast(d, hn::InterleaveLower(pairs, hn::BitCast(pairs, a), hn::BitCast(pairs, b)));
    };
    const auto upper = [&](auto a, auto b) HWY_ATTR {
      return hn::BitCast(d, hn::InterleaveUpper(pairs, hn::BitCast(pairs, a), hn::BitCast(pairs, b)));
    };
    r[0] = lower(lower01, lower23), r[1] = upper(lower01, lower23);
    r[2] = lower(upper01, upper23), r[3] = upper(upper01, upper23);
  }
}
/// A vector whose i-th block lies at from + places[i * square].
template <class D, class T>
HWY_INLINE hn::Vec<D> load_blocks(D d, const T* from, const int64_t* places) {
  if constexpr (hn::MaxLanes(D()) == static_cast<size_t>(square<T>)) {
    return hn::LoadU(d, from + *places);
  } else {
    const hn::Half<D> half;
    return hn::Combine(d, load_blocks(half, from, places + hn::MaxLanes(half)),
                       load_blocks(half, from, places));
  }
}
#endif

/// Lanes in rows: out[i][l] = lanes[l * stride + i].
template <int64_t W, class T>
void pack_rows(const T* lanes, int64_t stride, int64_t count, int64_t k, T* out) {
  constexpr int64_t side = square<T>;
  const hn::FixedTag<T, side> d;
  clear_lanes<W>(count, k, out);
  int64_t l = 0;
  for (; l + side <= count; l += side) {
    const T* from = lanes + l * stride;
    int64_t i = 0;
    for (; i + side <= k; i += side) {
      hn::Vec<decltype(d)> block[side];
      for (int64_t r = 0; r < side; ++r) block[r] = hn::LoadU(d, from + r * stride + i);
      transpose(d, block);
      for (int64_t r = 0; r < side; ++r) hn::StoreU(block[r], d, out + (i + r) * W + l);
    }
    for (; i < k; ++i)
      for (int64_t r = 0; r < side; ++r) out[i * W + l + r] = from[r * stride + i];
  }
  for (; l < count; ++l)
    for (int64_t i = 0; i < k; ++i) out[i * W + l] = lanes[l * stride + i];
}

/// A dense matrix, or one a batch index; batch_stride 0 if it is the same for all. One of the strides is 1.
template <class T>
struct MatrixPanels {
  const T* data;
  int64_t batch_stride, lane_stride, k_stride, lanes;

  bool shared() const { return batch_stride == 0; }
  template <int64_t W>
  void pack(int64_t batch, int64_t k0, int64_t k1, int64_t lane0, T* out) const {
    const T* from = data + batch * batch_stride + lane0 * lane_stride + k0 * k_stride;
    const int64_t count = std::min(W, lanes - lane0);
    if (lane_stride == 1)
      pack_columns<W>(from, k_stride, count, k1 - k0, out);
    else
      pack_rows<W>(from, lane_stride, count, k1 - k0, out);
  }
};

/// Rows of a tile to where they belong, `stride` apart.
template <class T>
void store_rows(const T* tile, int64_t rows, int64_t columns, T* to, int64_t stride) {
  using Size = TileSize<T>;
  const hn::ScalableTag<T> d;
  if (columns == Size::columns)
    for (; rows > 0; --rows, to += stride, tile += Size::columns) {
      hn::StoreU(hn::Load(d, tile), d, to);
      hn::StoreU(hn::Load(d, tile + Size::vector), d, to + Size::vector);
    }
  else
    for (; rows > 0; --rows, to += stride, tile += Size::columns) std::copy_n(tile, columns, to);
}

/// Rows of a dense matrix.
template <class T>
struct MatrixSink {
  T* data;
  int64_t batch_stride, row_stride;

  void store(int64_t batch, int64_t row0, int64_t column0, int64_t rows, int64_t columns,
             const T* tile) const {
    store_rows(tile, rows, columns, data + batch * batch_stride + row0 * row_stride + column0, row_stride);
  }
};

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggled guard
