// Reductions over any axes.
#pragma once
#include "kernels/kernel.h"

namespace saddle::kernels {

/// Axes to reduce: bit i is set for axis i.
using AxisMask = uint32_t;

/// y = reduction of x over the axes of the mask; y's elements are x's kept axes in order (extents of 1 may or
/// may not remain). Reads each element of x once. f32 or f64.
using Reduce = void(const Tensor& x, Tensor& y, AxisMask axes);

SADDLE_KERNEL(sum, Reduce);

}  // namespace saddle::kernels
