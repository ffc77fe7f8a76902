// Convolutions from many channels to very few, such as the layers that end in an image, of horizontal stride
// 1. A product with a row for each of the few channels would gather each pixel once for every tap, to use it
// once or thrice. Here the taps of a kernel's row are channels of their own: what a kernel of a single column
// gives for each of them, added at distances of the taps, is the result. Pixels are then gathered kh times
// instead of kh kw times, and products have kw times the rows. (Weight gradients exchange image and output,
// see conv_weight_grad.cpp.)
#pragma once
#include "kernels/cpu/conv_taps.h"

namespace saddle::kernels::cpu {

/// True if the layer's output is so thin. For a while it then holds kw times its elements, which is no more
/// than the other side has times the vertical stride.
bool output_is_thin(const ConvGeometry& g);

/// y[o,i,j] = sum over v of z[(o,v), i, j - p + v d], z = conv2d(x, w[(o,v), c, u]). output_is_thin.
void conv2d_thin(const Tensor& x, const Tensor& w, Tensor& y, const Conv2dOptions& options);

}  // namespace saddle::kernels::cpu
