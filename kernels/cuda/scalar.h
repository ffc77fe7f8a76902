// float and double as the numbers of the formulas that all devices share (elementwise-inl.h).
#pragma once
#include "kernels/cuda/launch.h"

#define SADDLE_SIMD_NAMESPACE SADDLE_GPU_DEVICE
#define SADDLE_FUNCTION __host__ __device__ __forceinline__

namespace saddle::kernels::SADDLE_GPU_DEVICE {

// clang-format off
template <class N> SADDLE_FUNCTION N select(bool mask, N yes, N no) { return mask ? yes : no; }
/// NaN in either operand gives NaN, as on the CPU.
template <class N> SADDLE_FUNCTION N max(N a, N b) { return a > b || a != a ? a : b; }
template <class N> SADDLE_FUNCTION N min(N a, N b) { return a < b || a != a ? a : b; }
template <class N> SADDLE_FUNCTION N abs(N x) { return ::abs(x); }
template <class N> SADDLE_FUNCTION N sqrt(N x) { return ::sqrt(x); }
template <class N> SADDLE_FUNCTION N exp(N x) { return ::exp(x); }
template <class N> SADDLE_FUNCTION N log(N x) { return ::log(x); }
template <class N> SADDLE_FUNCTION N log1p(N x) { return ::log1p(x); }
template <class N> SADDLE_FUNCTION N tanh(N x) { return ::tanh(x); }
template <class N> SADDLE_FUNCTION N pow(N x, N exponent) { return ::pow(x, exponent); }
// clang-format on

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
