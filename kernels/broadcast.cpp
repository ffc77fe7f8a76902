#include "kernels/broadcast.h"

namespace saddle::kernels {
namespace {

/// Stride of `operand` along axis `i` of the output: 0 where it is broadcast.
int64_t broadcast_stride(const Shape& operand, const Shape& shape, int i) {
  const int own = i - (shape.rank() - operand.rank());
  return own < 0 || operand[own] == 1 ? 0 : operand.stride(own);
}

}  // namespace

int64_t BroadcastPlan::rows() const {
  int64_t n = 1;
  for (int i = 0; i + 1 < rank; ++i) n *= extent[static_cast<size_t>(i)];
  return n;
}

std::pair<int64_t, int64_t> BroadcastPlan::row_offsets(int64_t row) const {
  int64_t offset0 = 0, offset1 = 0;
  for (int i = rank - 2; i >= 0; --i) {
    const auto k = static_cast<size_t>(i);
    offset0 += row % extent[k] * stride0[k];
    offset1 += row % extent[k] * stride1[k];
    row /= extent[k];
  }
  return {offset0, offset1};
}

BroadcastPlan plan_broadcast(const Shape& shape0, const Shape& shape1, const Shape& shape) {
  BroadcastPlan plan;
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] == 1) continue;
    const int64_t s0 = broadcast_stride(shape0, shape, i), s1 = broadcast_stride(shape1, shape, i);
    const auto last = static_cast<size_t>(plan.rank - 1);
    // The axis outside this one merges with it if each operand walks both as one.
    if (plan.rank > 0 && plan.stride0[last] == s0 * shape[i] && plan.stride1[last] == s1 * shape[i]) {
      plan.extent[last] *= shape[i];
      plan.stride0[last] = s0;
      plan.stride1[last] = s1;
      continue;
    }
    const auto next = static_cast<size_t>(plan.rank++);
    plan.extent[next] = shape[i];
    plan.stride0[next] = s0;
    plan.stride1[next] = s1;
  }
  return plan;
}

}  // namespace saddle::kernels
