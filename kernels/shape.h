// Kernels that move elements without changing them; any dtype. All are bound by memory: each element is read
// once and written once.
#pragma once
#include <array>
#include <span>

#include "kernels/kernel.h"

namespace saddle::kernels {

/// Where the elements of one tensor lie in the memory of another: (i0, i1, …) at offset + sum(i * stride).
/// Strides may be 0 (broadcast) or negative (reversed).
struct View {
  int64_t offset = 0;
  std::array<int64_t, Shape::max_rank> stride{};
};

/// y[i] = x[view(i)] over y's shape. Broadcasting, permuting axes, slicing and flipping are all this.
using CopyView = void(const Tensor& x, Tensor& y, const View& view);
/// The inputs side by side along `axis`; their other extents are y's.
using Concat = void(std::span<const Tensor> xs, Tensor& y, int axis);
/// gx[.., begin + i * step, ..] = gy[.., i, ..] along `axis`, 0 elsewhere.
using SliceGrad = void(const Tensor& gy, Tensor& gx, int axis, int64_t begin, int64_t step);

SADDLE_KERNEL(copy_view, CopyView);
SADDLE_KERNEL(concat, Concat);
SADDLE_KERNEL(slice_grad, SliceGrad);

}  // namespace saddle::kernels
