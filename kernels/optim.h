// Updates of weights in place: one pass over memory a step, for all tensors of a step in one call, so that
// hundreds of small ones cost no more than their bytes. A call has at least one entry; the tensors of an
// entry have one shape, those of a call one dtype, f32 or f64, and no two share memory. g is the gradient;
// every other tensor is read and overwritten. Formulas and their order of operations are PyTorch's, so that
// training runs can be compared number by number.
#pragma once
#include <span>

#include "kernels/kernel.h"
#include "kernels/varying.h"

namespace saddle::kernels {

/// What changes from step to step, and between parameters that have had fewer steps than others. Computed in
/// f64 on the host, whatever the dtype of the weights.
struct StepScalars {
  double rate = 0;    ///< the learning rate; for Adam divided by 1 - beta1^t, t = 1 in the first step
  double root = 1;    ///< Adam: sqrt(1 - beta2^t)
  double shrink = 1;  ///< AdamW: 1 - lr weight_decay, by which weights are multiplied
};

struct SgdTensors {
  Tensor p, g;
  Tensor b;  ///< undefined without momentum
  Varying<StepScalars> now;
  Device device() const { return p.device(); }
  DType dtype() const { return p.dtype(); }
};
struct SgdOptions {
  double momentum = 0;
  double weight_decay = 0;  ///< added to the gradient, times p
  bool nesterov = false;
};
/// Stochastic gradient descent with momentum (Sutskever et al. 2013, as PyTorch writes it):
///   g' = g + weight_decay p;  b = momentum b + g';  p -= rate (nesterov ? g' + momentum b : b).
/// b is 0 before the first step. Moves 3 elements a weight, with momentum 5.
using Sgd = void(std::span<SgdTensors> all, SgdOptions options);

struct AdamTensors {
  Tensor p, g, m, v;
  Varying<StepScalars> now;
  Device device() const { return p.device(); }
  DType dtype() const { return p.dtype(); }
};
struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;  ///< added to the gradient, times p; 0 for AdamW, whose decay is now.shrink
};
/// Adam (Kingma and Ba 2015, algorithm 1; the decoupled form is Loshchilov and Hutter 2019, algorithm 2):
///   p *= shrink;  g' = g + weight_decay p
///   m = beta1 m + (1 - beta1) g';  v = beta2 v + (1 - beta2) g'^2
///   p -= rate m / (sqrt(v) / root + eps).
/// m and v are 0 before the first step. Moves 7 elements a weight for about 15 operations.
using Adam = void(std::span<AdamTensors> all, AdamOptions options);

struct RmspropTensors {
  Tensor p, g, v;
  Tensor a;  ///< undefined unless centered
  Tensor b;  ///< undefined without momentum
  Varying<StepScalars> now;
  Device device() const { return p.device(); }
  DType dtype() const { return p.dtype(); }
};
struct RmspropOptions {
  double alpha = 0.99;
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum = 0;
  bool centered = false;
};
/// RMSprop (Tieleman and Hinton 2012; centered: Graves 2013, section 4.2):
///   g' = g + weight_decay p;  v = alpha v + (1 - alpha) g'^2
///   centered: a = alpha a + (1 - alpha) g', d = sqrt(v - a^2) + eps;  else d = sqrt(v) + eps
///   with momentum: b = momentum b + g' / d, p -= rate b;  else p -= rate g' / d.
/// v, a and b are 0 before the first step. Moves 5 elements a weight, 2 more for each of a and b.
using Rmsprop = void(std::span<RmspropTensors> all, RmspropOptions options);

struct LerpTensors {
  Tensor y, x;
  Varying<double> weight;
  Device device() const { return y.device(); }
  DType dtype() const { return y.dtype(); }
};
/// y += weight (x - y): moving averages. Moves 3 elements a weight.
using Lerp = void(std::span<LerpTensors> all);

SADDLE_KERNEL(sgd, Sgd);
SADDLE_KERNEL(adam, Adam);
SADDLE_KERNEL(rmsprop, Rmsprop);
SADDLE_KERNEL(lerp, Lerp);

}  // namespace saddle::kernels
