// Losses, of f32 or f64: each element's, or over all elements their mean or sum. A target is a tensor of x's
// shape and dtype or one number for all elements. All throw ShapeError for shapes and dtypes that do not fit.
#pragma once
#include "autograd/variable.h"
#include "kernels/loss.h"

namespace saddle {

enum class Reduction { mean, sum, none };

/// Binary cross-entropy of p = sigmoid(x): -t ln p - (1 - t) ln(1 - p), exact for any x.
Variable bce_with_logits(const Variable& x, const Variable& target, Reduction reduction = Reduction::mean);
Variable bce_with_logits(const Variable& x, double target, Reduction reduction = Reduction::mean);
/// (x - t)^2.
Variable mse_loss(const Variable& x, const Variable& target, Reduction reduction = Reduction::mean);
Variable mse_loss(const Variable& x, double target, Reduction reduction = Reduction::mean);
/// |x - t|; the gradient is 0 where they are equal.
Variable l1_loss(const Variable& x, const Variable& target, Reduction reduction = Reduction::mean);
Variable l1_loss(const Variable& x, double target, Reduction reduction = Reduction::mean);
/// max(0, 1 - t x) for a target of 1 or -1: a margin (Lim and Ye, arXiv:1705.02894); the gradient is 0 at it.
Variable hinge(const Variable& x, double target, Reduction reduction = Reduction::mean);

struct CrossEntropyOptions {
  /// Share of the target that is spread evenly over all classes (Szegedy et al., CVPR 2016, section 7); in
  /// [0, 1].
  double label_smoothing = 0;
  Reduction reduction = Reduction::mean;
};

/// -ln softmax(x)[label] for logits x [N,C] and labels [N], i64: a number for each of the N. Also throws for
/// a label that is no class.
Variable cross_entropy(const Variable& x, const Variable& labels, const CrossEntropyOptions& options = {});

// The fused derivatives, ops of their own so that they can be differentiated again.

/// The gradient by x of the loss that the rule names, from that of its sum, gy: one number. `target` may be
/// undefined: see kernels/loss.h.
Variable loss_grad(const Variable& gy, const Variable& x, const Variable& target,
                   const kernels::LossRule& rule);
/// The gradient by x of each row's cross-entropy, from those of the rows, gy [N].
Variable cross_entropy_grad(const Variable& gy, const Variable& x, const Variable& labels,
                            double label_smoothing = 0);

}  // namespace saddle
