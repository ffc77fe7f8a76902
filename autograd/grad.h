// Reverse-mode differentiation.
#pragma once
#include "autograd/variable.h"

namespace saddle {

struct GradOptions {
  /// Gradients of the outputs, one each. Empty: 1 for every output, which then must have one element.
  Variables grad_outputs = {};
  /// Record the backward pass too, so that the gradients can be differentiated. Keeps the graph.
  bool create_graph = false;
  /// Keep the graph for another walk; otherwise what it holds is freed as it is walked.
  bool retain_graph = false;
  /// Return undefined variables for inputs that the outputs do not depend on, instead of throwing.
  bool allow_unused = false;
};

/// Gradients of sum_k <grad_outputs[k], outputs[k]> by `inputs` (leaves or not), in their order, each with
/// its input's shape. Nodes that lead to none of the inputs are not walked. Throws Error if an input is not
/// reached (see allow_unused) or the graph was already freed, ShapeError for grad_outputs of the wrong shape.
Variables grad(const Variables& outputs, const Variables& inputs, const GradOptions& options = {});

/// Adds the gradient of `output` by every leaf that requires one to that leaf's grad().
void backward(const Variable& output, const GradOptions& options = {});

}  // namespace saddle
