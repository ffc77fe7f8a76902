// Layers with few pixels and many weights, such as the innermost of a U-Net. The weights w[o, (c,u,v)] are
// then most of what is read, and each is used for a few pixels: what packs them, or gathers the taps of one
// phase out of lines that hold all of them, costs more than the products. So here it is the image that is
// brought into the weights' order,
//   patch[pixel, (c,u,v)] = x[c, i s - p + u d, j s - p + v d] for pixel (image, i, j), 0 outside,
// and the layer is a product with the weights as they lie; see few_rows-inl.h.
//
// Roofline: 4 out in taps bytes of f32 weights, read once, for 2 pixels out in taps operations.
#pragma once
#include "kernels/cpu/conv_taps.h"

namespace saddle::kernels::cpu {

/// True if all patches together are small beside the weights.
bool pixels_are_few(const ConvGeometry& g);

/// y[o, pixel] = sum over k of w[o, k] patch[pixel, k]. pixels_are_few.
void conv2d_few(const Tensor& x, const Tensor& w, Tensor& y, const ConvGeometry& g);
/// gx: each patch's gradient, sum over o of gy[o, pixel] w[o, k], added where the patch was read.
/// pixels_are_few.
void conv2d_input_grad_few(const Tensor& gy, const Tensor& w, Tensor& gx, const ConvGeometry& g);
/// gw[o, k] = sum over the pixels of gy[o, pixel] patch[pixel, k]. pixels_are_few.
void conv2d_weight_grad_few(const Tensor& x, const Tensor& gy, Tensor& gw, const ConvGeometry& g);

}  // namespace saddle::kernels::cpu
