// Convolutions between many channels and very few, such as the layers that end in an image, of horizontal
// stride 1 except for the input gradient. A product with a row for each of the few channels would gather each
// pixel once for every tap, to use it once or thrice. Here the taps of a kernel's row are channels of their
// own: what a kernel of a single column gives for each of them, added at distances of the taps, is the
// result. Pixels are then gathered kh times instead of kh kw times, and products have kw times the rows.
#pragma once
#include "kernels/cpu/conv_taps.h"

namespace saddle::kernels::cpu {

/// True if the layer's output, or its input, is so thin. For a while it then holds kw times the thin side's
/// elements by the horizontal stride, which is no more than the other side has times the vertical one.
bool output_is_thin(const ConvGeometry& g);
bool input_is_thin(const ConvGeometry& g);

/// y[o,i,j] = sum over v of z[(o,v), i, j - p + v d], z = conv2d(x, w[(o,v), c, u]). output_is_thin.
void conv2d_thin(const Tensor& x, const Tensor& w, Tensor& y, const Conv2dOptions& options);
/// gx[c, i, j s - p + v d] = sum of the z[(c,v), i, j] that are added there, z = conv2d_input_grad(gy, w[o,
/// (c,v), u]). input_is_thin.
void conv2d_input_grad_thin(const Tensor& gy, const Tensor& w, Tensor& gx, const Conv2dOptions& options);
/// gw[o,c,u,v] = conv2d_weight_grad(x, z)[(o,v), c, u], z[(o,v), i, j] = gy[o, i, j + p - v d].
/// output_is_thin.
void conv2d_weight_grad_thin(const Tensor& x, const Tensor& gy, Tensor& gw, const Conv2dOptions& options);

}  // namespace saddle::kernels::cpu
