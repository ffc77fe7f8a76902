// Minibatch standard deviation (Karras et al., ICLR 2018, section 3; in groups, Karras et al., CVPR 2020). x
// is seen as [size, groups, shares, inner]: sample n is member n / groups of group n mod groups, `inner` are
// the positions of a share of the channels. With m and s = (mean((x - m)^2) + 1e-8)^1/2 over the members:
//
//   y  = x with `shares` channels appended, which hold mean(s) over `inner`
//   gx = gy + (x - m) / s * g / (size inner),   g = the sum of gy over what holds the same mean(s)
//
// Bound by memory: the floor is 2 elements moved an element of x for y, 3 for gx. Deviations are of
// differences from the first member, so that nothing is lost of a mean far above them.
#pragma once
#include "kernels/kernel.h"

namespace saddle::kernels {

struct MinibatchStddevLayout {
  int64_t size = 1, groups = 1, shares = 1, inner = 1;
  int64_t positions = 1;  ///< of a channel

  /// Elements of a sample of x, and of y.
  int64_t sample() const { return shares * inner; }
  int64_t appended_sample() const { return shares * (inner + positions); }
};

/// f32 or f64, of at least one element.
using MinibatchStddev = void(const Tensor& x, Tensor& y, MinibatchStddevLayout layout);
using MinibatchStddevGrad = void(const Tensor& gy, const Tensor& x, Tensor& gx, MinibatchStddevLayout layout);

SADDLE_KERNEL(minibatch_stddev, MinibatchStddev);
SADDLE_KERNEL(minibatch_stddev_grad, MinibatchStddevGrad);

}  // namespace saddle::kernels
