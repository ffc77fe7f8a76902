// Matrix products on tensor cores, in the precision that core/precision.h says. kernels/cuda/matmul.cu calls
// this first, and computes what it leaves.
#pragma once
#include "kernels/matmul.h"

namespace saddle::kernels {

/// As `matmul`. False, and nothing done, where the precision is fp32, the dtype is not f32, or the matrices
/// are too thin or too large. Rounding is that of kernels/cuda/conv_tensor_core.h.
using TensorCoreMatmul = bool(const Tensor& a, const Tensor& b, Tensor& y, MatmulOptions options);

namespace cuda {
TensorCoreMatmul tensor_core_matmul;
}
namespace emulated {
TensorCoreMatmul tensor_core_matmul;
}

}  // namespace saddle::kernels
