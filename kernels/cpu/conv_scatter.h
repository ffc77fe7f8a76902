// Input gradients by scattering. What each pixel of the output gradient gives to each position that its
// output read, for the taps of a kernel as channels of their own,
//   z[(c,u,v), i, j] = sum over o of w[o,c,u,v] gy[o,i,j],
// is a product of dense matrices: no pixel is gathered more than once, no position is written but by whole
// vectors in the end, and a layer from three channels has as many rows as it has taps for each. It pays where
// gathering (conv_input_grad.cpp) goes badly: for few channels, and for phases of a stride.
//
// Then gx[c, i s - p + u d, j s - p + v d] += z[(c,u,v), i, j]. A task takes a band of rows of gx and a few
// channels at a time, so that z stays in the second-level cache; of the pixels at a band's border, each band
// forms what falls into itself.
//
// Roofline: 2 N O OH OW I kh kw operations, gy read once for each band that it reaches, gx written once. An
// element of z costs O multiply-adds and, in cache, two passes.
#pragma once
#include "kernels/conv_geometry.h"

namespace saddle::kernels::cpu {

/// Rows of a kernel, and columns, at most.
constexpr size_t most_scattered_taps = 16;

/// True if the layer's input gradient is better scattered than gathered, with minimal filtering or without.
bool scatters(const ConvGeometry& g, DType dtype);

/// gx[N,I,H,W] of gy[N,O,OH,OW], w[O,I,kh,kw]; scatters.
void conv2d_input_grad_scattered(const Tensor& gy, const Tensor& w, Tensor& gx, const ConvGeometry& g);

}  // namespace saddle::kernels::cpu
