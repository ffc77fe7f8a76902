// Matrix products: 2 M N K operations a product on (M K + K N + M N) elements, so bound by arithmetic unless
// an extent is small. The CPU's design is in cpu/gemm-inl.h.
#pragma once
#include "kernels/kernel.h"

namespace saddle::kernels {

struct MatmulOptions {
  bool trans_a = false;  ///< a holds [K, M] instead of [M, K]
  bool trans_b = false;  ///< b holds [N, K] instead of [K, N]
};

/// y[batch.., M, N] = op(a) op(b), op as the options say. a, b and y have the same dtype, f32 or f64, and
/// rank
/// >= 2. The batch extents of a and of b are y's, or absent: a matrix is shared by all of the batch. An
/// extent of 0 in K gives zeros. y does not overlap a or b.
using Matmul = void(const Tensor& a, const Tensor& b, Tensor& y, MatmulOptions options);
SADDLE_KERNEL(matmul, Matmul);

}  // namespace saddle::kernels
