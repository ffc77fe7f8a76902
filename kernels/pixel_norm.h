// Pixel norm: the vector of channels at each position is brought to length sqrt(C) (Karras et al., ICLR 2018,
// section 4.2). x is [N,C,..]; with r = (mean(x^2) + eps)^-1/2 and means over the channels of a position:
//
//   y  = r x
//   gx = r gy - r^3 mean(gy x) x
//
// 4 and 8 operations an element, so both are bound by memory: the floor is 2 elements moved for y and 3 for
// gx, where the channels of a tile of positions stay close from the pass that sums to the pass that writes.
#pragma once
#include "kernels/kernel.h"

namespace saddle::kernels {

/// f32 or f64; y has x's shape.
using PixelNorm = void(const Tensor& x, Tensor& y, double eps);
/// r is computed again: that costs an operation an element, and no memory.
using PixelNormGrad = void(const Tensor& gy, const Tensor& x, Tensor& gx, double eps);

SADDLE_KERNEL(pixel_norm, PixelNorm);
SADDLE_KERNEL(pixel_norm_grad, PixelNormGrad);

}  // namespace saddle::kernels
