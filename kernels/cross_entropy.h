// Cross-entropy of rows of logits x [N,C] with labels [N] and a smoothing s: with p = softmax(x),
//
//   losses = -(1 - s) ln p[label] - s mean(ln p)
//   gx     = g (p - (1 - s) [c = label] - s / C)
//
// shifted by the row's largest element, so that nothing overflows. A label that is no class adds nothing of
// its own to either (the public op has refused it where it can: kernels/index.h). Both read x from memory
// once, and rows again from the cache for gx: bound by memory and an exponential or two an element.
#pragma once
#include "kernels/kernel.h"

namespace saddle::kernels {

/// x and losses [N] are f32 or f64, labels i64; C > 0.
using CrossEntropy = void(const Tensor& x, const Tensor& labels, Tensor& losses, double smoothing);
/// g is [N], gx [N,C].
using CrossEntropyGrad = void(const Tensor& g, const Tensor& x, const Tensor& labels, Tensor& gx,
                              double smoothing);

SADDLE_KERNEL(cross_entropy, CrossEntropy);
SADDLE_KERNEL(cross_entropy_grad, CrossEntropyGrad);

}  // namespace saddle::kernels
