// Reductions over any axes. Each element of x is read once, so the ceiling is the bandwidth of reading x.
#pragma once
#include "kernels/kernel.h"

namespace saddle::kernels {

/// Axes to reduce: bit i is set for axis i.
using AxisMask = uint32_t;

/// y = reduction of x over the axes of the mask; y's elements are x's kept axes in order (extents of 1 may or
/// may not remain). f32 or f64.
using Reduce = void(const Tensor& x, Tensor& y, AxisMask axes);
/// y = index along `axis` of the first element that is largest, NaN counting as larger than any number. x is
/// f32 or f64, y i64.
using ArgReduce = void(const Tensor& x, Tensor& y, int axis);

/// Accumulated in f64 for f32 too: exact to a rounding for any length that fits memory.
SADDLE_KERNEL(sum, Reduce);
/// Largest and smallest element; NaN if there is one.
SADDLE_KERNEL(amax, Reduce);
SADDLE_KERNEL(amin, Reduce);
SADDLE_KERNEL(argmax, ArgReduce);

}  // namespace saddle::kernels
