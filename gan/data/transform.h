// From the pixels of a source to what a network is given.
#pragma once
#include "core/tensor.h"

namespace saddle {

/// u8 pixels [H,W,C] scaled to f32 [height,width,C], values still 0 to 255, unrounded. Bilinear; where it
/// shrinks, the triangle grows with the scale, so that every pixel counts (antialiasing), as PIL's BILINEAR
/// and PyTorch's `interpolate(antialias=True)` do. Half-pixel centres. Throws ShapeError for other pixels.
Tensor resize(const Tensor& pixels, int64_t height, int64_t width);

struct TransformOptions {
  int64_t size = 64;      ///< height and width
  int64_t channels = 3;   ///< 1: colour becomes luma (ITU-R 601); 3: grey is copied
  double background = 1;  ///< grey level in [0, 1] behind transparent pixels
};

/// The image f32 [channels,size,size] in [-1, 1] for u8 pixels [H,W,C] (C = 1 grey, 2 grey and alpha, 3 RGB,
/// 4 RGBA): the centre square, composited, resized as `resize` does, mirrored left to right if `flip`; 0
/// becomes -1, 255 becomes 1. `out` has room for it. Throws ShapeError for other pixels.
void transform(const Tensor& pixels, const TransformOptions& options, bool flip, float* out);
Tensor transform(const Tensor& pixels, const TransformOptions& options, bool flip = false);

}  // namespace saddle
