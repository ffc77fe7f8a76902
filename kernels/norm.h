// Normalisation: batch, instance, layer and group norm are one kernel, which differ in what shares a mean and
// a variance. x is seen as [batch, channels, positions] (layer norm: channels are the normalised elements,
// one position), its channels in `groups` of neighbours. With m and v the mean and the (biased) variance of x
// over its group, r = (v + eps)^-1/2, w and b a number a channel, or one for each sample's channel:
//
//   y  = (x - m) r w + b
//   gx = r (g - mean(g) - xhat mean(g xhat)),   g = gy w,   xhat = (x - m) r,   means over the group
//   gw = sum(gy xhat),   gb = sum(gy)           over batch and positions, or over positions
//
// (Ioffe and Szegedy, ICML 2015, section 3.) About 6 and 9 operations an element, so both are bound by
// memory: the floor is 2 elements moved for y, 3 for gx, where a group's elements stay in the cache from the
// pass that sums to the pass that writes.
//
// An activation that follows costs no pass and no memory: y is written through it, and gy is taken through
// its slope as it is read, by the sign of what it was given. That is nowhere kept: it comes from x by the
// same operations as forward.
#pragma once
#include "kernels/activation.h"

namespace saddle::kernels {

struct NormLayout {
  int64_t batch = 1, channels = 1, positions = 1;
  int64_t groups = 1;       ///< divides channels
  bool over_batch = false;  ///< statistics are of all samples together; then groups == channels
  /// Weight and bias have a row for each sample. Only over the batch: else, channels of several samples may
  /// as well be those of one.
  bool own_affine = false;
  double eps = 0;

  /// From a sample's weight and bias to those of the next.
  int64_t affine_step() const { return own_affine ? channels : 0; }
  int64_t group_channels() const { return channels / groups; }
  /// How many means there are, and how many elements each is taken of. Statistics are in the order of
  /// [batch, groups] or, over the batch, of [groups].
  int64_t statistics() const { return over_batch ? groups : batch * groups; }
  int64_t count() const { return group_channels() * positions * (over_batch ? batch : 1); }
};

/// weight and bias have x's dtype and `channels` elements, with own_affine [batch, channels], or are
/// undefined for 1 and 0. mean and var are outputs: f64, whatever x's dtype, so that nothing is lost of a
/// mean far above the deviation. The activation is one that is linear in pieces.
using Norm = void(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor& y, Tensor& mean,
                  Tensor& var, NormLayout layout, Activation activation);
/// mean and var are those that Norm gave. Each of gx, gw, gb may be undefined: it is not computed. bias is
/// not read without an activation.
using NormGrad = void(const Tensor& gy, const Tensor& x, const Tensor& weight, const Tensor& bias,
                      const Tensor& mean, const Tensor& var, Tensor& gx, Tensor& gw, Tensor& gb,
                      NormLayout layout, Activation activation);

SADDLE_KERNEL(norm, Norm);
SADDLE_KERNEL(norm_grad, NormGrad);

}  // namespace saddle::kernels
