// How the CPU cuts a reduction into tasks.
#pragma once
#include <algorithm>

#include "kernels/reduce_plan.h"

namespace saddle::kernels::cpu {

/// How a plan is cut into tasks, by its extents alone: a task reduces `tile` columns over `chunk_rows` rows
/// and, where runs are long, over one segment of each. Several chunks to an output make partial results.
struct ReduceSplit {
  int64_t tile, tiles;         // columns a task, tasks across the columns
  int64_t segment, segments;   // elements of a run a task, tasks along the run
  int64_t chunk_rows, chunks;  // rows a task, tasks down the rows

  explicit ReduceSplit(const ReducePlan& plan);
  /// Partial results for each output.
  int64_t partials() const { return segments * chunks; }
  /// Tasks a range of parallel_for.
  int64_t grain() const { return std::max<int64_t>(1, task_elements / (tile * segment * chunk_rows)); }

  static constexpr int64_t task_elements = 65536;  // well above the cost of handing a task out
  // Most columns a task: of single elements, and of runs, each of which has a vector of its own.
  static constexpr int64_t max_columns = 2048, max_runs = 64;
};

}  // namespace saddle::kernels::cpu
