// Convolutions and their gradients on tensor cores, in the precision that core/precision.h says. The kernels
// of kernels/conv.h call these first, and compute what these leave.
#pragma once
#include "kernels/conv.h"

namespace saddle::kernels {

/// Arguments as in kernels/conv.h: x, w -> y; gy, w -> gx; x, gy -> gw. False, and nothing done, where the
/// precision is fp32, a dtype is not f32, there are several groups, or the shapes are too thin or too large
/// for the tiles.
///
/// Operands are rounded once, while they are brought into the layout of the kernels (in scratch memory); sums
/// are f32. Errors are those of the rounded factors, 2^-11 (tf32) or 2^-8 (bf16) of each, and of f32 sums,
/// whatever their order: it depends on the shape and the device alone.
using TensorCoreConv2d = bool(const Tensor& first, const Tensor& second, Tensor& result,
                              const Conv2dOptions& options);

namespace cuda {
TensorCoreConv2d tensor_core_conv2d, tensor_core_conv2d_input_grad, tensor_core_conv2d_weight_grad;
}
namespace emulated {
TensorCoreConv2d tensor_core_conv2d, tensor_core_conv2d_input_grad, tensor_core_conv2d_weight_grad;
}

}  // namespace saddle::kernels
