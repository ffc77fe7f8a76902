// Interpolation of images NCHW, f32 or f64, and the map under it, of which average pooling and padding are
// cases too.
#pragma once
#include <array>

#include "autograd/variable.h"
#include "kernels/axis_map.h"

namespace saddle {

using kernels::AxisMap;

/// x[N,C,H,W] -> [N,C,OH,OW], each row a weighted sum of x's rows by `rows` (H to OH), each column of its
/// columns by `columns` (W to OW); `fill` where either map has no taps. Its gradient is the same op with both
/// maps transposed. Throws ShapeError if the maps do not fit the image.
Variable resample2d(const Variable& x, const AxisMap& rows, const AxisMap& columns, double fill = 0);

/// x[N,C,H,W] -> [N,C,size]: output i of an axis is pixel floor(i H / OH), where the quotient is rounded to
/// f32 as PyTorch does. Throws ShapeError for sizes below 1.
Variable upsample_nearest2d(const Variable& x, std::array<int64_t, 2> size);
/// The same by linear interpolation between neighbouring pixels. With align_corners the centres of the corner
/// pixels of both images coincide, without it their outer edges do. Pixels are skipped where the image
/// shrinks to less than half: there is no smoothing.
Variable upsample_bilinear2d(const Variable& x, std::array<int64_t, 2> size, bool align_corners = false);

enum class Interpolation { nearest, bilinear };

/// Upsampling by a whole factor >= 1, the same for both axes.
Variable interpolate(const Variable& x, int64_t scale_factor, Interpolation mode = Interpolation::nearest,
                     bool align_corners = false);

}  // namespace saddle
