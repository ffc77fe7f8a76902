// Matrix products. f32 and f64.
#pragma once
#include "autograd/ops/activation.h"
#include "autograd/variable.h"
#include "kernels/matmul.h"

namespace saddle {

using kernels::MatmulOptions;

/// op(a) op(b) over the last two axes, where op transposes those of a with `trans_a` (a is [.., K, M]) and of
/// b with `trans_b` (b is [.., N, K]): [.., M, K] [.., K, N] -> [.., M, N]. The axes before broadcast by
/// NumPy's rules. Throws ShapeError for rank below 2, unequal K, axes that do not broadcast, mixed dtypes or
/// devices.
Variable matmul(const Variable& a, const Variable& b, MatmulOptions options = {});

/// act(x w^T + b) over x's last axis: x[.., I], w[O, I], b[O] or undefined -> [.., O].
Variable linear(const Variable& x, const Variable& w, const Variable& b = {},
                const Activation& activation = {});

}  // namespace saddle
