// Softmax along one axis, negative from the end. f32 and f64. Throw ShapeError for an axis out of range.
#pragma once
#include "autograd/variable.h"

namespace saddle {

/// e^x_i / sum_j e^x_j.
Variable softmax(const Variable& x, int axis);
/// ln softmax(x), without underflow.
Variable log_softmax(const Variable& x, int axis);

}  // namespace saddle
