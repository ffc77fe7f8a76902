#include "kernels/reduce_plan.h"

#include <array>

namespace saddle::kernels {

ReducePlan plan_reduction(const Shape& shape, uint32_t reduced) {
  struct Axis {
    int64_t extent, stride;
    bool reduced;
  };
  std::array<Axis, Shape::max_rank> axes;  // merged, innermost first
  size_t count = 0;
  int64_t stride = 1;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    if (shape[i] == 1) continue;
    const bool is_reduced = reduced >> i & 1u;
    if (count > 0 && axes[count - 1].reduced == is_reduced)
      axes[count - 1].extent *= shape[i];
    else
      axes[count++] = {shape[i], stride, is_reduced};
    stride *= shape[i];
  }

  ReducePlan plan;
  size_t next = 0;
  if (next < count && axes[next].reduced) plan.run = axes[next++].extent;
  if (next < count && !axes[next].reduced) plan.columns = axes[next++].extent;
  for (; next < count; ++next)
    (axes[next].reduced ? plan.rows : plan.kept).push(axes[next].extent, axes[next].stride);
  return plan;
}

}  // namespace saddle::kernels
