// Borders around images NCHW, f32 or f64.
#pragma once
#include "autograd/variable.h"

namespace saddle {

/// Rows and columns added at each side, in PyTorch's order; >= 0.
struct Pad2d {
  int64_t left = 0, right = 0, top = 0, bottom = 0;
};

/// x[N,C,H,W] -> [N,C,top + H + bottom, left + W + right], all of them. They throw ShapeError for a negative
/// pad.
Variable constant_pad2d(const Variable& x, const Pad2d& pad, double value);
Variable zero_pad2d(const Variable& x, const Pad2d& pad);
/// The image mirrored at its outermost pixels, which are not repeated. Throws ShapeError for a pad that is
/// not smaller than the image.
Variable reflection_pad2d(const Variable& x, const Pad2d& pad);
/// The outermost pixels repeated.
Variable replication_pad2d(const Variable& x, const Pad2d& pad);

}  // namespace saddle
