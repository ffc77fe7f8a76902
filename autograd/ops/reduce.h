// Reductions over any axes. `axes` may be negative (from the end) and must not repeat; empty means all. With
// keepdim the reduced axes stay, with extent 1. f32 and f64. All throw ShapeError for axes out of range.
#pragma once
#include "autograd/variable.h"

namespace saddle {

using Axes = std::vector<int>;

/// Summed in f64, then rounded to x's dtype. The sum of nothing is 0.
Variable sum(const Variable& x, const Axes& axes = {}, bool keepdim = false);
Variable mean(const Variable& x, const Axes& axes = {}, bool keepdim = false);
/// Variance: the sum of (x - mean)^2 over the number of elements less `correction`: 1 for the unbiased
/// estimate, 0 for that of the elements themselves. Throws ShapeError unless there are more elements than
/// that.
Variable var(const Variable& x, const Axes& axes = {}, int64_t correction = 1, bool keepdim = false);
/// The largest and the smallest element. Where several are equal, the gradient is shared evenly between
/// them. NaN if any element is NaN. Throw ShapeError if there is no element.
Variable amax(const Variable& x, const Axes& axes = {}, bool keepdim = false);
Variable amin(const Variable& x, const Axes& axes = {}, bool keepdim = false);
/// Index of the largest element along one axis, the first where several are equal; i64; no gradient flows.
Variable argmax(const Variable& x, int axis, bool keepdim = false);
/// Sums x over the axes along which `shape` was broadcast to x's shape; the result has `shape`.
Variable sum_to(const Variable& x, const Shape& shape);

}  // namespace saddle
