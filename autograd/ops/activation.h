// A bias and an activation in one pass over memory, for ops that end with them.
#pragma once
#include "autograd/variable.h"
#include "kernels/activation.h"

namespace saddle {

using kernels::Activation;

/// act(x + bias): x is [N,C,..] of f32 or f64, bias [C] of x's dtype, or undefined for 0. Throws ShapeError
/// for shapes and dtypes that do not fit and for a slope below 0.
Variable bias_act(const Variable& x, const Variable& bias, const Activation& activation = {});

/// The same, written over the memory of x if no tensor shares it, so for callers that have just made x and
/// hand out no other variable of it.
Variable bias_act_over(const Variable& x, const Variable& bias, const Activation& activation = {});

// The fused derivatives, ops of their own so that they can be differentiated again.

struct BiasActGradients {
  Variable gx, gb;  ///< gb is undefined where not wanted
};
/// gx = gy act'(x + bias) and gb [C], its sum over all axes but C, in one pass over gy and y = act(x + bias).
BiasActGradients bias_act_grad(const Variable& gy, const Variable& y, const Activation& activation,
                               bool wants_bias = true);

/// Throws ShapeError, beginning with the op's name, for a slope below 0.
void require_activation(const char* op, const Activation& activation);

}  // namespace saddle
