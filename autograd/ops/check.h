// Checks, and the shapes in them, that public ops share. Messages begin with the op's name. Private to
// autograd/ops/.
#pragma once
#include <algorithm>
#include <array>

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

/// Channels in axis 1, f32 or f64.
inline void require_channels(const char* op, const Variable& x) {
  require_float(op, x);
  require(x.rank() >= 2, op, ": input ", x.shape(), " is not [N,C,..]");
}

/// Of an operand that may be missing: undefined then.
inline Tensor value_or_none(const Variable& x) {
  return x.defined() ? x.value() : Tensor();
}

/// An image batch, NCHW, f32 or f64.
inline void require_images(const char* op, const Variable& x) {
  require_float(op, x);
  require(x.rank() == 4, op, ": input ", x.shape(), " is not [N,C,H,W]");
}

/// (vertical, horizontal), or an image's (height, width).
using Pair = std::array<int64_t, 2>;

inline std::string str(const Pair& pair) {
  return concat('[', pair[0], ',', pair[1], ']');
}

inline void require_at_least(const char* op, const char* name, const Pair& pair, int64_t low) {
  require(std::min(pair[0], pair[1]) >= low, op, ": ", name, " ", str(pair), " is below ", low);
}

/// The last two axes of a tensor of rank 4.
inline Pair extents(const Variable& x) {
  return {x.size(2), x.size(3)};
}

/// Height and width of an image batch whose images have pixels.
inline Pair require_pixels(const char* op, const Variable& x) {
  require_images(op, x);
  require_at_least(op, "image", extents(x), 1);
  return extents(x);
}

/// Where element `flat` of `shape` lies, as in [1,0,3].
inline Shape position(const Shape& shape, int64_t flat) {
  Shape place = shape;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    place.set(i, flat % shape[i]);
    flat /= shape[i];
  }
  return place;
}

/// i64, on x's device, each number in [0, extent). On another device than the CPU numbers are not looked at,
/// since that would wait for it: its kernels leave out what is out of range (kernels/index.h).
inline void require_index(const char* op, const Variable& x, const Variable& index, int64_t extent) {
  require(index.dtype() == DType::i64, op, ": index has dtype ", index.dtype(), ", not i64");
  require(index.device() == x.device(), op, ": devices ", x.device(), " and ", index.device(), " differ");
  if (!index.device().is_host()) return;
  const Tensor& host = index.value();
  const int64_t *begin = host.data<int64_t>(), *end = begin + host.numel();
  const int64_t* bad = std::find_if(begin, end, [&](int64_t i) { return i < 0 || i >= extent; });
  if (bad == end) return;
  throw ShapeError(concat(op, ": index ", *bad, " at ", position(index.shape(), bad - begin),
                          " is not in [0, ", extent, ")"));
}

}  // namespace saddle
