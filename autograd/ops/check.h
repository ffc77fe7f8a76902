// Checks, and the shapes in them, that public ops share. Messages begin with the op's name. Private to
// autograd/ops/.
#pragma once
#include "autograd/graph.h"

namespace saddle {

inline void require_float(const char* op, const Variable& x) {
  require(x.dtype() == DType::f32 || x.dtype() == DType::f64, op, ": dtype ", x.dtype(),
          " is not f32 or f64");
}

/// The same dtype and device.
inline void require_alike(const char* op, const Variable& x0, const Variable& x1) {
  require(x0.dtype() == x1.dtype(), op, ": dtypes ", x0.dtype(), " and ", x1.dtype(), " differ");
  require(x0.device() == x1.device(), op, ": devices ", x0.device(), " and ", x1.device(), " differ");
}

/// `axis` counted from the front; negative counts from the end.
inline int require_axis(const char* op, int axis, const Shape& shape) {
  require(axis >= -shape.rank() && axis < shape.rank(), op, ": axis ", axis, " is out of range for shape ",
          shape);
  return shape.axis(axis);
}

inline Shape with_extent(Shape shape, int axis, int64_t extent) {
  shape.set(axis, extent);
  return shape;
}

/// An image batch, NCHW, f32 or f64.
inline void require_images(const char* op, const Variable& x) {
  require_float(op, x);
  require(x.rank() == 4, op, ": input ", x.shape(), " is not [N,C,H,W]");
}

}  // namespace saddle
