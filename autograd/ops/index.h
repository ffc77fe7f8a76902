// Operations that read and write where indices say. An index is i64, and no gradient flows to it. Axes may be
// negative: from the end. All throw ShapeError for an index that is negative or beyond the extent, with its
// value and position.
#pragma once
#include "autograd/variable.h"

namespace saddle {

/// y[.., k, ..] = x[.., index[.., k, ..], ..] along one axis; any dtype. y has the index's shape: of x's
/// rank, its extents along the other axes at most x's.
Variable gather(const Variable& x, int axis, const Variable& index);
/// The adjoint of gather: zeros of `shape`, to which each x[.., k, ..] is added at index[.., k, ..] along one
/// axis. The index has x's shape. f32 and f64; sums are taken in the order of k.
Variable scatter_add(const Variable& x, int axis, const Variable& index, const Shape& shape);

/// y[.., k, ..] = x[.., index[k], ..] along one axis: slices of x in the order that index [K] gives; any
/// dtype.
Variable index_select(const Variable& x, int axis, const Variable& index);
/// The adjoint of index_select: zeros of that extent along one axis, to which slice k of x is added at
/// index[k]. f32 and f64; sums are taken in the order of k.
Variable index_add(const Variable& x, int axis, const Variable& index, int64_t extent);

/// labels [..], i64 -> [.., classes]: 1 at the label, 0 elsewhere, f32 or f64.
Variable one_hot(const Variable& labels, int64_t classes, DType dtype = DType::f32);

}  // namespace saddle
