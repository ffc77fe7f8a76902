// Checks gradients against central differences.
#pragma once
#include <functional>

#include "autograd/variable.h"

namespace saddle {

struct GradcheckOptions {
  double eps = 1e-6;   ///< step of the central difference
  double atol = 1e-5;  ///< |analytic - numeric| <= atol + rtol |numeric|
  double rtol = 1e-3;
};

/// A function of variables with one or more outputs.
using Differentiable = std::function<Variables(const Variables&)>;

/// Compares the full Jacobian of every output by every input that requires a gradient with central
/// differences, and runs the backward pass twice, which must give the same bits. Inputs are f64 leaves.
/// Throws Error that names the first element in disagreement and both values.
void gradcheck(const Differentiable& f, const Variables& inputs, const GradcheckOptions& options = {});

/// gradcheck of f's gradient, as a function of the inputs and of (fixed, random) output gradients.
void gradgradcheck(const Differentiable& f, const Variables& inputs, const GradcheckOptions& options = {});

}  // namespace saddle
