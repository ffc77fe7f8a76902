// Kernels that read and write where indices say. An index holds i64 numbers that lie within the extent of
// `axis`: on the CPU the public op has checked it; elsewhere a number out of range reads 0 and adds nothing.
// All are bound by memory.
#pragma once
#include "kernels/kernel.h"

namespace saddle::kernels {

/// y[.., k, ..] = x[.., index[.., k, ..], ..] along `axis`; any dtype. The index has y's shape, or it is [K]
/// and the same for all places along the other axes. y's other extents are at most x's.
using Gather = void(const Tensor& x, const Tensor& index, Tensor& y, int axis);
/// The adjoint: y = 0, then y[.., index[.., k, ..], ..] += x[.., k, ..] in the order of k. f32, f64.
using ScatterAdd = void(const Tensor& x, const Tensor& index, Tensor& y, int axis);

SADDLE_KERNEL(gather, Gather);
SADDLE_KERNEL(scatter_add, ScatterAdd);

}  // namespace saddle::kernels
