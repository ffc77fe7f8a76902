// Operations that move elements without changing them; any dtype. Axes may be negative: from the end. All
// throw ShapeError.
#pragma once
#include "autograd/variable.h"

namespace saddle {

/// The same elements with another shape; one extent may be -1. No copy. Throws ShapeError if counts differ.
Variable reshape(const Variable& x, std::span<const int64_t> shape);
inline Variable reshape(const Variable& x, std::initializer_list<int64_t> shape) {
  return reshape(x, std::span(shape.begin(), shape.size()));
}
/// x broadcast to `shape` by NumPy's rules. Throws if it does not broadcast to it.
Variable expand(const Variable& x, const Shape& shape);

/// Axis i of the result is axis axes[i] of x. Throws unless each axis is named once.
Variable permute(const Variable& x, const std::vector<int>& axes);
/// Two axes change places.
Variable transpose(const Variable& x, int axis0, int axis1);
/// Reversed along one axis.
Variable flip(const Variable& x, int axis);

/// The inputs side by side along an axis that they have, in which alone their shapes may differ. Any number
/// of inputs but none, of one dtype and device.
Variable concat(const Variables& xs, int axis);
/// The inputs, all of one shape, side by side along a new axis of the result.
Variable stack(const Variables& xs, int axis);

/// Elements begin, begin + step, … before `end` along one axis, as Python slices: a negative bound counts
/// from the end, one beyond the ends stands for the end. Throws unless step >= 1.
Variable slice(const Variable& x, int axis, int64_t begin, int64_t end, int64_t step = 1);
/// The adjoint of slice: gy at begin, begin + step, … along one axis of zeros of `shape`. Throws unless gy
/// fits, begin >= 0, step >= 1.
Variable slice_grad(const Variable& gy, const Shape& shape, int axis, int64_t begin, int64_t step = 1);
/// Pieces of `size` along an axis; the last one is smaller if size does not divide the extent.
Variables split(const Variable& x, int64_t size, int axis);
/// At most n pieces along an axis, as large as each other as PyTorch makes them: split by extent / n, rounded
/// up.
Variables chunk(const Variable& x, int64_t n, int axis);

}  // namespace saddle
