#include "kernels/cpu/reduce_plan.h"

#include <array>

namespace saddle::kernels::cpu {

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

ReduceSplit::ReduceSplit(const ReducePlan& plan) {
  const auto pieces = [](int64_t n, int64_t piece) { return (n + piece - 1) / piece; };
  segment = std::min(plan.run, task_elements);
  segments = pieces(plan.run, segment);
  // Short runs are taken many columns at a time, in the order of memory; long ones one by one.
  tile = plan.run == 1 ? max_columns : std::clamp<int64_t>(16384 / plan.run, 1, max_runs);
  tile = std::min(tile, plan.columns);
  tiles = pieces(plan.columns, tile);
  const int64_t rows = plan.rows.count();
  chunk_rows = std::clamp<int64_t>(task_elements / (tile * segment), 1, rows);
  chunks = pieces(rows, chunk_rows);
}

}  // namespace saddle::kernels::cpu
