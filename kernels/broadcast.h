// How operands of different shapes are walked together.
#pragma once
#include <array>

#include "core/shape.h"

namespace saddle::kernels {

/// Two operands broadcast to one dense output, with neighbouring axes merged wherever both operands allow it.
/// Element (i0, i1, …) of the output reads x0 at sum(i * stride0) and x1 at sum(i * stride1). In the
/// innermost axis each operand's stride is 0 or 1.
struct BroadcastPlan {
  int rank = 0;
  std::array<int64_t, Shape::max_rank> extent{}, stride0{}, stride1{};

  /// Output elements in the innermost axis, and rows of them.
  int64_t inner() const { return rank ? extent[static_cast<size_t>(rank - 1)] : 1; }
  int64_t rows() const;
  /// Offsets of a row's first elements in both operands.
  std::pair<int64_t, int64_t> row_offsets(int64_t row) const;
};

/// `shape` is broadcast_shape of the other two.
BroadcastPlan plan_broadcast(const Shape& shape0, const Shape& shape1, const Shape& shape);

}  // namespace saddle::kernels
