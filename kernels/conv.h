// Two-dimensional convolution (cross-correlation, as in all of deep learning) and its two gradients: three
// kernels closed under differentiation, since each is linear in either operand and the derivative of one is
// another. Images are NCHW, weights OIHW: w[O, I / groups, kh, kw]; dtype f32 or f64, the same in all three.
//
// With s, p, d the stride, padding and dilation, all three concern the same sum of products, over
//   y[n,o,i,j] <- w[o,c,u,v] x[n,c, i s - p + u d, j s - p + v d]     (x is 0 outside the image),
// where o and c belong to the same group. Each needs 2 N O OH OW (I / groups) kh kw operations and moves
// |x| + |w| + |y| elements, so all but the thinnest layers are bound by arithmetic. The CPU's design is in
// cpu/conv-inl.h.
//
// Sums of integers are exact as long as they fit the dtype, with one exception: on the CPU, f32 layers with
// no dilation or groups and 16 tiles of 4x4 or 3x3 pixels go through filters with errors below 1e-5 of the
// largest result (cpu/winograd-inl.h) where the kernel is 3x3 or 4x4, the stride 1 and each side has at least
// 32 channels, or the kernel is 4x4, the stride 2 and each side has at least 64.
#pragma once
#include <array>

#include "kernels/kernel.h"

namespace saddle::kernels {

/// Pairs are (vertical, horizontal).
struct Conv2dOptions {
  std::array<int64_t, 2> stride{1, 1};    ///< >= 1
  std::array<int64_t, 2> padding{0, 0};   ///< zeros around the image, >= 0
  std::array<int64_t, 2> dilation{1, 1};  ///< distance of the kernel's taps, >= 1
  int64_t groups = 1;                     ///< divides I and O; channels of different groups do not meet
};

/// Extent of a convolution's output along one axis; 0 where the kernel is larger than the padded input.
constexpr int64_t conv_output_size(int64_t in, int64_t kernel, int64_t stride, int64_t padding,
                                   int64_t dilation) {
  const int64_t room = in + 2 * padding - dilation * (kernel - 1) - 1;
  return room < 0 ? 0 : room / stride + 1;
}

/// x[N,I,H,W], w[O,I/g,kh,kw] -> y[N,O,OH,OW], OH = conv_output_size(H, kh, ...), OW likewise.
using Conv2d = void(const Tensor& x, const Tensor& w, Tensor& y, Conv2dOptions options);
/// gy[N,O,OH,OW], w[O,I/g,kh,kw] -> gx[N,I,H,W]: the gradient by x of sum(gy * conv2d(x, w)), which is also
/// the transposed convolution of gy. Several H, W give the same OH, OW; those of gx hold. Positions that no
/// output reads are 0.
using Conv2dInputGrad = void(const Tensor& gy, const Tensor& w, Tensor& gx, Conv2dOptions options);
/// x[N,I,H,W], gy[N,O,OH,OW] -> gw[O,I/g,kh,kw]: the gradient by w of sum(gy * conv2d(x, w)).
using Conv2dWeightGrad = void(const Tensor& x, const Tensor& gy, Tensor& gw, Conv2dOptions options);

SADDLE_KERNEL(conv2d, Conv2d);
SADDLE_KERNEL(conv2d_input_grad, Conv2dInputGrad);
SADDLE_KERNEL(conv2d_weight_grad, Conv2dWeightGrad);

}  // namespace saddle::kernels
