// Moving elements on a GPU. Neighbouring axes are merged, and elements taken together in units of up to 16
// bytes, as far as both sides allow it. Bound by memory: each element is read once and written once; expected
// at 90 % of the copy bandwidth in units of 4 bytes and more.
#include "kernels/shape.h"

#include <algorithm>

#include "kernels/cuda/pull.h"
#include "kernels/cuda/turn.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

/// y[i] = x[sum(i * stride)]; a unit of y is one element of x, or several times the same.
template <class Unit, class Element, class Index>
struct ViewSource {
  const Element* x;  // at the view's offset
  int axes = 0;      // innermost first
  InvariantDivisor<Index> extent[Shape::max_rank];
  std::make_signed_t<Index> stride[Shape::max_rank];

  __device__ __forceinline__ Unit operator()(Index i) const {
    std::make_signed_t<Index> offset = 0;
    for (int a = 0; a + 1 < axes; ++a) {
      const auto at = extent[a].divide(i);
      offset += static_cast<std::make_signed_t<Index>>(at.remainder) * stride[a];
      i = at.quotient;
    }
    offset += static_cast<std::make_signed_t<Index>>(i) * stride[axes - 1];
    if constexpr (std::is_same_v<Unit, Element>) {
      return x[offset];
    } else {
      Unit unit;
      for (Element& lane : unit.lane) lane = x[offset];
      return unit;
    }
  }
};

/// `walk` has units of y, x elements of its own.
template <class Unit, class Element>
void pull_view(const Tensor& x, int64_t offset, const Walk& walk, Tensor& y) {
  dispatch_index(std::max(x.numel(), y.numel()), [&]<class Index>() {
    ViewSource<Unit, Element, Index> source{static_cast<const Element*>(x.raw()) + offset, walk.rank, {}, {}};
    for (int a = 0; a < walk.rank; ++a) {
      source.extent[a] = InvariantDivisor<Index>(walk.extent[static_cast<size_t>(a)]);
      source.stride[a] = static_cast<std::make_signed_t<Index>>(walk.stride[static_cast<size_t>(a)]);
    }
    pull<Unit, Index>(y, walk.count(), source);
  });
}

/// One of several tensors that lie side by side in each row of the output.
template <class Unit, class Index>
struct Piece {
  const Unit* x;
  Index begin;
  InvariantDivisor<Index> length;
};

template <class Unit, class Index>
struct Pieces {
  static constexpr int most = 64;  // so that they fit into a kernel's arguments
  Piece<Unit, Index> piece[most];
};

/// y[row, begin + column] = x[row, column] for each piece, a row of blocks each.
template <class Unit, class Index>
__global__ void __launch_bounds__(pull_threads)
    concat_kernel(Unit* y, Index rows, Index row_length, const __grid_constant__ Pieces<Unit, Index> pieces) {
  constexpr int count = 4;
  const Piece<Unit, Index>& piece = pieces.piece[blockIdx.y];
  const Index n = rows * piece.length.divisor();
  const Index first = static_cast<Index>(blockIdx.x) * blockDim.x * count + threadIdx.x;
  Unit unit[count] = {};
#pragma unroll
  for (int u = 0; u < count; ++u) {
    const Index i = first + static_cast<Index>(u) * blockDim.x;
    if (i < n) unit[u] = piece.x[i];
  }
#pragma unroll
  for (int u = 0; u < count; ++u) {
    const Index i = first + static_cast<Index>(u) * blockDim.x;
    if (i >= n) continue;
    const auto at = piece.length.divide(i);
    y[at.quotient * row_length + piece.begin + at.remainder] = unit[u];
  }
}

/// gx[o, begin + k * step, c] = gy[o, k, c], 0 elsewhere.
template <class Unit, class Index>
struct SliceGradSource {
  const Unit* gy;
  InvariantDivisor<Index> inner, extent, step;
  Index begin, count;

  __device__ __forceinline__ Unit operator()(Index i) const {
    const auto slab = inner.divide(i), outer = extent.divide(slab.quotient);
    if (outer.remainder < begin) return Unit{};
    const auto k = step.divide(outer.remainder - begin);
    if (k.remainder != 0 || k.quotient >= count) return Unit{};
    return gy[(outer.quotient * count + k.quotient) * inner.divisor() + slab.remainder];
  }
};

}  // namespace

void copy_view(const Tensor& x, Tensor& y, const View& view) {
  if (y.numel() == 0) return;
  Walk walk = merged_walk(y.shape(), view.stride);
  const auto* strides = walk.stride.data();
  const auto across = static_cast<size_t>(std::find(strides, strides + walk.rank, 1) - strides);
  if (across > 0 && across < static_cast<size_t>(walk.rank) && strides[0] != 0 && turns_well(walk, across)) {
    copy_turned(x, view.offset, walk, across, y);
    return;
  }
  const auto size = static_cast<int64_t>(size_of(x.dtype()));
  if (strides[0] == 0) {
    const int64_t lanes = common_unit({walk.extent[0] * size}) / size;
    if (lanes == 16 / size) {
      walk.extent[0] /= lanes;
      dispatch_unit(size, [&]<class Element>() {
        if constexpr (sizeof(Element) < 16)
          pull_view<Pack<Element, 16 / sizeof(Element)>, Element>(x, view.offset, walk, y);
      });
      return;
    }
  }
  int64_t unit = size;
  if (strides[0] == 1) {
    unit = common_unit({walk.extent[0] * size, view.offset * size});
    for (int a = 1; a < walk.rank; ++a) unit = common_unit({unit, strides[a] * size});
    walk.extent[0] /= unit / size;
    for (size_t a = 1; a < static_cast<size_t>(walk.rank); ++a) walk.stride[a] /= unit / size;
  }
  dispatch_unit(unit, [&]<class Unit>() { pull_view<Unit, Unit>(x, view.offset / (unit / size), walk, y); });
}

void concat(std::span<const Tensor> xs, Tensor& y, int axis) {
  if (y.numel() == 0) return;
  const auto size = static_cast<int64_t>(size_of(y.dtype()));
  const int64_t inner = y.shape().stride(axis), row = y.size(axis) * inner, rows = y.numel() / row;
  int64_t bytes = common_unit({row * size});
  for (const Tensor& x : xs) bytes = common_unit({bytes, x.size(axis) * inner * size});
  const int64_t lanes = bytes / size;
  dispatch_unit(bytes, [&]<class Unit>() {
    dispatch_index(y.numel(), [&]<class Index>() {
      Pieces<Unit, Index> pieces{};
      int count = 0;
      int64_t begin = 0, longest = 0;
      const auto launch = [&] {
        const int64_t threads = blocks_for(rows * longest, 4);
        const unsigned block = block_for(threads, pull_threads);
        const dim3 grid(static_cast<unsigned>(blocks_for(threads, block)), static_cast<unsigned>(count));
        SADDLE_LAUNCH((concat_kernel<Unit, Index>), grid, block, 0, y.device(), static_cast<Unit*>(y.raw()),
                      static_cast<Index>(rows), static_cast<Index>(row / lanes), pieces);
        count = 0;
        longest = 0;
      };
      for (const Tensor& x : xs) {
        if (x.numel() == 0) continue;
        const int64_t length = x.size(axis) * inner / lanes;
        pieces.piece[count++] = {static_cast<const Unit*>(x.raw()), static_cast<Index>(begin),
                                 InvariantDivisor<Index>(length)};
        begin += length;
        longest = std::max(longest, length);
        if (count == pieces.most) launch();
      }
      if (count > 0) launch();
    });
  });
}

void slice_grad(const Tensor& gy, Tensor& gx, int axis, int64_t begin, int64_t step) {
  if (gx.numel() == 0) return;
  const auto size = static_cast<int64_t>(size_of(gx.dtype()));
  int64_t inner = gx.shape().stride(axis), extent = gx.size(axis), count = gy.size(axis), lanes = 1;
  step = std::min(step, extent);  // beyond it there is only one
  if (count == 1 || step == 1) {  // the slice is one run of each row
    lanes = common_unit({extent * inner * size, count * inner * size, begin * inner * size}) / size;
    extent = extent * inner / lanes;
    count = count * inner / lanes;
    begin = begin * inner / lanes;
    inner = step = 1;
  } else {
    lanes = common_unit({inner * size}) / size;
    inner /= lanes;
  }
  dispatch_unit(lanes * size, [&]<class Unit>() {
    dispatch_index(gx.numel(), [&]<class Index>() {
      using Divisor = InvariantDivisor<Index>;
      const SliceGradSource<Unit, Index> source{
          static_cast<const Unit*>(gy.raw()), Divisor(inner),           Divisor(extent), Divisor(step),
          static_cast<Index>(begin),          static_cast<Index>(count)};
      pull<Unit, Index>(gx, gx.numel() / lanes, source);
    });
  });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
