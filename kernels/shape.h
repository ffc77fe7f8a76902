// Kernels that move elements without changing them.
#pragma once
#include "kernels/kernel.h"

namespace saddle::kernels {

/// y = x broadcast to y's shape by NumPy's rules; any dtype.
using Expand = void(const Tensor& x, Tensor& y);

SADDLE_KERNEL(expand, Expand);

}  // namespace saddle::kernels
