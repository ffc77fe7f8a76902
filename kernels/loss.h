// Losses: f(x, t) of each element x and its target t, summed, and its gradient. With g the output's gradient:
//
//   y  = scale sum(f(x, t))
//   gx = g scale df/dx(x, t)
//
// Each reads x (and t, where it is a tensor) once: the floor is 1 or 2 elements moved for y, 2 or 3 for gx.
// Bound by memory but for bce, which takes an exponential and a logarithm an element.
//
// A new loss is an enumerator here and its formulas in loss-inl.h.
#pragma once
#include "kernels/kernel.h"

namespace saddle::kernels {

enum class LossKind {
  bce,   ///< -t ln p - (1 - t) ln(1 - p), p = sigmoid(x)
  mse,   ///< (x - t)^2
  l1,    ///< |x - t|; the gradient is 0 where they are equal
  hinge  ///< max(0, 1 - t x)
};

struct LossRule {
  LossKind kind = LossKind::bce;
  double target = 0;  ///< of all elements, where no tensor of targets is given
  double scale = 1;
};

/// x is f32 or f64; target has x's shape and dtype or is undefined; y has one element. The sum is held in
/// f64.
using Loss = void(const Tensor& x, const Tensor& target, Tensor& y, LossRule rule);
/// gy has one element, gx x's shape.
using LossGrad = void(const Tensor& gy, const Tensor& x, const Tensor& target, Tensor& gx, LossRule rule);

SADDLE_KERNEL(loss, Loss);
SADDLE_KERNEL(loss_grad, LossGrad);

}  // namespace saddle::kernels
