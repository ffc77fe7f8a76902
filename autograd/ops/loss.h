// Losses, of f32 or f64: each element's, or over all elements their mean or sum. A target is a tensor of x's
// shape and dtype or one number for all elements. All throw ShapeError for shapes and dtypes that do not fit.
#pragma once
#include "autograd/variable.h"

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

struct CrossEntropyOptions {
  /// Share of the target that is spread evenly over all classes (Szegedy et al., CVPR 2016, section 7); in
  /// [0, 1].
  double label_smoothing = 0;
  Reduction reduction = Reduction::mean;
};

/// -ln softmax(x)[label] for logits x [N,C] and labels [N], i64: a number for each of the N. Also throws for
/// a label that is no class.
Variable cross_entropy(const Variable& x, const Variable& labels, const CrossEntropyOptions& options = {});

}  // namespace saddle
