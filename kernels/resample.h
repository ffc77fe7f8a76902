// Separable linear maps of images: interpolation, average pooling, padding, and the adjoints of all of them,
// which are such maps too. Images are NCHW, f32 or f64. Rows are combined first, then columns; both are short
// sums, so the ceiling is the bandwidth of reading x and writing y once.
#pragma once
#include "kernels/axis_map.h"
#include "kernels/kernel.h"

namespace saddle::kernels {

/// x[N,C,H,W] -> y[N,C,OH,OW]: y[n,c,i,j] = sum over the taps (u, a) of rows[i] and (v, b) of columns[j] of
/// a b x[n,c,u,v]; `fill` where either has none. rows maps H to OH, columns W to OW.
using Resample2d = void(const Tensor& x, Tensor& y, const AxisMap& rows, const AxisMap& columns, double fill);

SADDLE_KERNEL(resample2d, Resample2d);

}  // namespace saddle::kernels
