#include "kernels/cpu/reduce_split.h"

namespace saddle::kernels::cpu {

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
