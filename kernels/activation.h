// Activations as the last thing that another kernel does to what it writes, and the sum with a bias that
// comes before them: `act` of a layer's outputs, seen as [batch, channels, positions], costs no pass of its
// own.
//
//   y  = act(x + bias)                                 2 elements moved
//   gx = gy act'(y),   gb = sum(gx)                    3 elements moved, over batch and positions
//
// What an activation was given is nowhere kept: its derivative is a function of what it gave.
#pragma once
#include "kernels/kernel.h"

namespace saddle::kernels {

struct Activation {
  enum Kind { none, relu, leaky_relu, tanh };
  Kind kind = none;
  double slope = 0;  ///< of leaky_relu below 0; at least 0

  bool any() const { return kind != none; }
  /// What relu or leaky_relu scale by below 0.
  double below() const { return kind == leaky_relu ? slope : 0; }
  /// None, or one that passes what is above 0 and scales the rest.
  bool is_linear_in_pieces() const { return kind != tanh; }
};

/// x and y are [N, C, ..] of f32 or f64; bias is [C], or undefined for 0. y may be x itself.
using BiasAct = void(const Tensor& x, const Tensor& bias, Tensor& y, Activation activation);
/// From gy and y, which is what BiasAct gave: gx, and gb of shape [C].
using BiasActGrad = void(const Tensor& gy, const Tensor& y, Tensor& gx, Tensor& gb, Activation activation);

SADDLE_KERNEL(bias_act, BiasAct);
SADDLE_KERNEL(bias_act_grad, BiasActGrad);

}  // namespace saddle::kernels
