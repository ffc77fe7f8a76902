// Pixel norm. Throws ShapeError unless x is [N,C,..] of f32 or f64 and eps at least 0.
#pragma once
#include "autograd/variable.h"

namespace saddle {

/// x / sqrt(mean over channels of x^2 + eps): each pixel's vector gets length sqrt(C) (Karras et al., ICLR
/// 2018, section 4.2).
Variable pixel_norm(const Variable& x, double eps = 1e-8);
/// The fused derivative, an op of its own so that it can be differentiated again: the gradient by x. Also
/// throws unless gy has x's shape and dtype.
Variable pixel_norm_grad(const Variable& gy, const Variable& x, double eps = 1e-8);

}  // namespace saddle
