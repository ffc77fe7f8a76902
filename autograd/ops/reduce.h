// Reductions over any axes. `axes` may be negative (from the end) and must not repeat; empty means all. With
// keepdim the reduced axes stay, with extent 1.
#pragma once
#include "autograd/variable.h"

namespace saddle {

using Axes = std::vector<int>;

Variable sum(const Variable& x, const Axes& axes = {}, bool keepdim = false);
/// Sums x over the axes along which `shape` was broadcast to x's shape; the result has `shape`.
Variable sum_to(const Variable& x, const Shape& shape);

}  // namespace saddle
