// Images that are moved, and mirrored, each at random and by whole pixels.
#pragma once
#include "gan/augment/places.h"

namespace saddle {

struct ShiftOptions {
  /// The longest way, up, down, left and right, as a share of the image; to the nearest pixel.
  double share = 0.125;
  bool flip = false;  ///< mirror each image left to right with probability 1/2, before it is moved
};

class RandomShift {
 public:
  explicit RandomShift(ShiftOptions options) : options_(options) {}

  /// x f32 [N,C,H,W] -> the same shape; zeros come in where an image leaves.
  Variable operator()(const Variable& x, Generator& random);

 private:
  /// Along rows (axis 2) or columns (axis 3): place i is taken from place i - way, in a mirrored image from
  /// the one opposite to that. way and mirrored, 0 or 1, are [N,1,1,1]; the latter may be undefined.
  Variable move(const Variable& x, int axis, const Variable& way, const Variable& mirrored);

  ShiftOptions options_;
  Places places_;
};

}  // namespace saddle
