// The kernel of binary elementwise work with broadcasting. A thread takes a few packs of the output, finds
// the place of each with one chain of multiplications, and loads from either operand a pack, one number, or,
// where rows are no multiple of a pack, lane by lane. Bound by memory; expected at 90 % of the copy bandwidth
// where one operand is as large as the output and rows are multiples of a pack, and at 85 % where they are
// not.
#pragma once
#include "kernels/broadcast.h"
#include "kernels/cuda/fast_divide.h"
#include "kernels/cuda/map.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {

/// How a row of an operand lies in memory.
enum class RowKind : uint8_t { flat, dense, constant };  // as the output's; a row elsewhere; one number

/// Where an operand's rows begin: at sum(i * stride) over the axes around the innermost, of which axis 0 is
/// the next.
template <class T, class Index>
struct RowOperand {
  const T* data;
  RowKind kind;
  Index stride[Shape::max_rank - 1];
};

template <class Index>
struct Rows {
  InvariantDivisor<Index> length;
  int axes;
  InvariantDivisor<Index> extent[Shape::max_rank - 1];
  bool aligned;  // whether each row is a multiple of a pack
};

/// The place of an element of the output.
template <class Index>
struct RowPlace {
  Index column, offset0, offset1;
};

template <class T, class Index>
__device__ __forceinline__ RowPlace<Index> find_place(const Rows<Index>& rows, const RowOperand<T, Index>& x0,
                                                      const RowOperand<T, Index>& x1, Index i) {
  const auto row = rows.length.divide(i);
  Index rest = row.quotient, offset0 = 0, offset1 = 0;
  for (int a = 0; a + 1 < rows.axes; ++a) {
    const auto at = rows.extent[a].divide(rest);
    offset0 += at.remainder * x0.stride[a];
    offset1 += at.remainder * x1.stride[a];
    rest = at.quotient;
  }
  offset0 += rest * x0.stride[rows.axes - 1];
  offset1 += rest * x1.stride[rows.axes - 1];
  return {row.remainder, offset0, offset1};
}

template <class T, class Index>
__device__ __forceinline__ T load_element(const RowOperand<T, Index>& x, Index i, Index column,
                                          Index offset) {
  return x.data[x.kind == RowKind::flat ? i : x.kind == RowKind::dense ? offset + column : offset];
}

/// The pack of an operand at element i, which lies in one row.
template <int width, class T, class Index>
__device__ __forceinline__ Pack<T, width> load_pack(const RowOperand<T, Index>& x, Index i, Index column,
                                                    Index offset, bool aligned) {
  Pack<T, width> pack;
  if (x.kind == RowKind::flat) {
    pack = *reinterpret_cast<const Pack<T, width>*>(x.data + i);
  } else if (x.kind == RowKind::constant) {
    const T value = x.data[offset];
    for (T& lane : pack.lane) lane = value;
  } else if (aligned) {
    pack = *reinterpret_cast<const Pack<T, width>*>(x.data + offset + column);
  } else {
#pragma unroll
    for (int k = 0; k < width; ++k) pack.lane[k] = x.data[offset + column + static_cast<Index>(k)];
  }
  return pack;
}

template <class T, int width>
struct PackPair {
  Pack<T, width> x0, x1;
};

template <int width, class T, class Index>
__device__ __forceinline__ PackPair<T, width> load_packs(const Rows<Index>& rows,
                                                         const RowOperand<T, Index>& x0,
                                                         const RowOperand<T, Index>& x1, Index i) {
  const RowPlace<Index> place = find_place(rows, x0, x1, i);
  PackPair<T, width> pair;
  if (rows.aligned || place.column + width <= rows.length.divisor()) {
    pair.x0 = load_pack<width>(x0, i, place.column, place.offset0, rows.aligned);
    pair.x1 = load_pack<width>(x1, i, place.column, place.offset1, rows.aligned);
    return pair;
  }
#pragma unroll
  for (int k = 0; k < width; ++k) {
    const Index own = i + static_cast<Index>(k);
    const RowPlace<Index> at = find_place(rows, x0, x1, own);
    pair.x0.lane[k] = load_element(x0, own, at.column, at.offset0);
    pair.x1.lane[k] = load_element(x1, own, at.column, at.offset1);
  }
  return pair;
}

/// y = f(x0, x1). y may be an operand of its size, so all loads of a thread come before its stores.
template <int width, class F, class To, class T, class Index>
__global__ void __launch_bounds__(map_threads)
    broadcast_kernel(const F f, Index n, To* y, const __grid_constant__ Rows<Index> rows,
                     const __grid_constant__ RowOperand<T, Index> x0,
                     const __grid_constant__ RowOperand<T, Index> x1) {
  constexpr int count = 2;
  const Index packs = n / width, first = static_cast<Index>(blockIdx.x) * blockDim.x * count + threadIdx.x;
  PackPair<T, width> pair[count] = {};
#pragma unroll
  for (int u = 0; u < count; ++u) {
    const Index i = first + static_cast<Index>(u) * blockDim.x;
    if (i < packs) pair[u] = load_packs<width>(rows, x0, x1, i * width);
  }
#pragma unroll
  for (int u = 0; u < count; ++u) {
    const Index i = first + static_cast<Index>(u) * blockDim.x;
    if (i >= packs) continue;
    Pack<To, width> pack;
#pragma unroll
    for (int k = 0; k < width; ++k) pack.lane[k] = f(pair[u].x0.lane[k], pair[u].x1.lane[k]);
    reinterpret_cast<Pack<To, width>*>(y)[i] = pack;
  }
  const Index left = packs * width + static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (left < n) {
    const PackPair<T, 1> rest = load_packs<1>(rows, x0, x1, left);
    y[left] = f(rest.x0.lane[0], rest.x1.lane[0]);
  }
}

template <class T, class Index>
RowOperand<T, Index> row_operand(const Tensor& x, const Tensor& y, const BroadcastPlan& plan,
                                 const std::array<int64_t, Shape::max_rank>& stride) {
  RowOperand<T, Index> operand{x.data<T>(), RowKind::constant, {}};
  for (int a = 0; a + 1 < plan.rank; ++a)
    operand.stride[a] = static_cast<Index>(stride[static_cast<size_t>(plan.rank - 2 - a)]);
  if (stride[static_cast<size_t>(plan.rank - 1)] != 0) operand.kind = RowKind::dense;
  if (x.numel() == y.numel()) operand.kind = RowKind::flat;
  return operand;
}

/// y = f(x0, x1) with operands of T, broadcast to y's shape; y has elements.
template <class T, class To, class F>
void broadcast_map(const F& f, const Tensor& x0, const Tensor& x1, Tensor& y) {
  const BroadcastPlan plan = plan_broadcast(x0.shape(), x1.shape(), y.shape());
  if (plan.rank <= 1) {
    map(y.device(), f, y.numel(), y.data<To>(), Spread<T>{x0.data<T>(), plan.stride0[0] == 0},
        Spread<T>{x1.data<T>(), plan.stride1[0] == 0});
    return;
  }
  dispatch_index(y.numel(), [&]<class Index>() {
    constexpr int width = pack_width<T, To>;
    Rows<Index> rows{InvariantDivisor<Index>(plan.inner()), plan.rank - 1, {}, plan.inner() % width == 0};
    for (int a = 0; a < rows.axes; ++a)
      rows.extent[a] = InvariantDivisor<Index>(plan.extent[static_cast<size_t>(plan.rank - 2 - a)]);
    const int64_t threads = std::max<int64_t>(blocks_for(y.numel() / width, 2), 1);
    const unsigned block = block_for(threads, map_threads);
    SADDLE_LAUNCH(
        (broadcast_kernel<width, F, To, T, Index>), static_cast<unsigned>(blocks_for(threads, block)), block,
        0, y.device(), f, static_cast<Index>(y.numel()), y.data<To>(), rows,
        row_operand<T, Index>(x0, y, plan, plan.stride0), row_operand<T, Index>(x1, y, plan, plan.stride1));
  });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
