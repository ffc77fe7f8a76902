#include "nn/optim/clip.h"

#include "autograd/ops.h"
#include "kernels/elementwise.h"

namespace saddle::nn {

void clip_weights(Module& network, double bound) {
  require<UsageError>(bound > 0, "clip_weights: bound ", bound, " is not above 0");
  for (const Variable& parameter : network.parameters()) {
    Tensor values = parameter.value();
    kernels::clamp(values, values, {.a = -bound, .b = bound});
  }
}

void clip_grad_norm(Module& network, double max_norm) {
  require<UsageError>(max_norm > 0, "clip_grad_norm: norm ", max_norm, " is not above 0");
  const NoGrad no_grad;
  Variables trained, squares;
  for (const Variable& parameter : network.parameters()) {
    if (!parameter.grad().defined()) continue;
    trained.push_back(parameter);
    squares.push_back(sum(square(parameter.grad())));
  }
  if (trained.empty()) return;
  const Variable norm = sqrt(sum(stack(squares, 0)));
  const Variable scale = clamp(max_norm / (norm + 1e-6), 0, 1);
  for (Variable& parameter : trained) parameter.set_grad(parameter.grad() * scale);
}

}  // namespace saddle::nn
