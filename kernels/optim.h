// Updates of weights in place: one pass over memory a step. All tensors have the shape of p, f32 or f64, the
// same in all. g is the gradient; every other tensor is read and overwritten. Formulas and their order of
// operations are PyTorch's, so that training runs can be compared number by number.
#pragma once
#include "kernels/kernel.h"

namespace saddle::kernels {

struct SgdStep {
  double lr = 0;
  double momentum = 0;      ///< 0: b is not used and may be undefined
  double weight_decay = 0;  ///< added to the gradient, times p
  bool nesterov = false;
};
/// Stochastic gradient descent with momentum (Sutskever et al. 2013, as PyTorch writes it):
///   g' = g + weight_decay p;  b = momentum b + g';  p -= lr (nesterov ? g' + momentum b : b).
/// b is 0 before the first step. Moves 3 elements a weight, with momentum 5.
using Sgd = void(Tensor& p, const Tensor& g, Tensor& b, SgdStep step);

struct AdamStep {
  double lr = 0;
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  bool decoupled = false;  ///< weight decay of AdamW: on the weights instead of in the gradient
  double correction1 = 1;  ///< 1 - beta1^t, t = 1 in the first step
  double correction2 = 1;  ///< 1 - beta2^t
};
/// Adam (Kingma and Ba 2015, algorithm 1; the decoupled form is Loshchilov and Hutter 2019, algorithm 2):
///   decoupled: p -= lr weight_decay p, g' = g;  else g' = g + weight_decay p
///   m = beta1 m + (1 - beta1) g';  v = beta2 v + (1 - beta2) g'^2
///   p -= lr / correction1 * m / (sqrt(v) / sqrt(correction2) + eps).
/// m and v are 0 before the first step. Moves 7 elements a weight for about 15 operations.
using Adam = void(Tensor& p, const Tensor& g, Tensor& m, Tensor& v, AdamStep step);

struct RmspropStep {
  double lr = 0;
  double alpha = 0.99;
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum = 0;    ///< 0: b is not used and may be undefined
  bool centered = false;  ///< false: a is not used and may be undefined
};
/// RMSprop (Tieleman and Hinton 2012; centered: Graves 2013, section 4.2):
///   g' = g + weight_decay p;  v = alpha v + (1 - alpha) g'^2
///   centered: a = alpha a + (1 - alpha) g', d = sqrt(v - a^2) + eps;  else d = sqrt(v) + eps
///   with momentum: b = momentum b + g' / d, p -= lr b;  else p -= lr g' / d.
/// v, a and b are 0 before the first step. Moves 5 elements a weight, 2 more for each of a and b.
using Rmsprop = void(Tensor& p, const Tensor& g, Tensor& v, Tensor& a, Tensor& b, RmspropStep step);

/// y += weight (x - y): the moving average of weights. Moves 3 elements a weight.
using Lerp = void(Tensor& y, const Tensor& x, double weight);

SADDLE_KERNEL(sgd, Sgd);
SADDLE_KERNEL(adam, Adam);
SADDLE_KERNEL(rmsprop, Rmsprop);
SADDLE_KERNEL(lerp, Lerp);

}  // namespace saddle::kernels
