// Softmax along one axis, shifted by the largest element so that nothing overflows. Reads x three times, from
// cache but for the first, and writes y once: bound by memory.
#pragma once
#include "kernels/kernel.h"

namespace saddle::kernels {

/// y[.., i, ..] = e^x_i / sum_j e^x_j, or its logarithm, along `axis` (>= 0). f32 or f64; y has x's shape.
using Softmax = void(const Tensor& x, Tensor& y, int axis);

SADDLE_KERNEL(softmax, Softmax);
SADDLE_KERNEL(log_softmax, Softmax);

}  // namespace saddle::kernels
