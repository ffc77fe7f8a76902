// Operations that move elements without changing them.
#pragma once
#include "autograd/variable.h"

namespace saddle {

/// The same elements with another shape; one extent may be -1. No copy. Throws ShapeError if counts differ.
Variable reshape(const Variable& x, std::span<const int64_t> shape);
inline Variable reshape(const Variable& x, std::initializer_list<int64_t> shape) {
  return reshape(x, std::span(shape.begin(), shape.size()));
}
/// x broadcast to `shape` by NumPy's rules; any dtype. Throws ShapeError if it does not broadcast to it.
Variable expand(const Variable& x, const Shape& shape);

}  // namespace saddle
