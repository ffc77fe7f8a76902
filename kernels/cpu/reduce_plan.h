// How a tensor is walked when some of its axes are reduced.
#pragma once
#include <algorithm>
#include <array>

#include "core/shape.h"

namespace saddle::kernels::cpu {

/// Some axes of a tensor, walked together in row-major order.
struct Walk {
  int rank = 0;
  std::array<int64_t, Shape::max_rank> extent{}, stride{};  // innermost first

  int64_t count() const {
    int64_t n = 1;
    for (int i = 0; i < rank; ++i) n *= extent[static_cast<size_t>(i)];
    return n;
  }
  int64_t offset(int64_t index) const {
    int64_t sum = 0;
    for (size_t i = 0; i + 1 < static_cast<size_t>(rank); ++i) {
      sum += index % extent[i] * stride[i];
      index /= extent[i];
    }
    return rank ? sum + index * stride[static_cast<size_t>(rank - 1)] : 0;
  }
  void push(int64_t n, int64_t step) {
    extent[static_cast<size_t>(rank)] = n;
    stride[static_cast<size_t>(rank++)] = step;
  }
};

/// With neighbouring axes of a kind merged, every reduction is y[o, j] = reduce over r, i of
/// x[kept(o) + rows(r) + j * run + i] for j < columns, i < run. Where the innermost axis is reduced, `run` is
/// its extent; where it is kept, run is 1 and columns lie side by side.
struct ReducePlan {
  Walk kept, rows;
  int64_t columns = 1, run = 1;
};

/// `reduced` has bit i set for each reduced axis i.
ReducePlan plan_reduction(const Shape& shape, uint32_t reduced);

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
