// How a tensor is walked when some of its axes are reduced.
#pragma once
#include "kernels/walk.h"

namespace saddle::kernels {

/// With neighbouring axes of a kind merged, every reduction is y[o, j] = reduce over r, i of
/// x[kept(o) + rows(r) + j * run + i] for j < columns, i < run. Where the innermost axis is reduced, `run` is
/// its extent; where it is kept, run is 1 and columns lie side by side.
struct ReducePlan {
  Walk kept, rows;
  int64_t columns = 1, run = 1;
};

/// `reduced` has bit i set for each reduced axis i.
ReducePlan plan_reduction(const Shape& shape, uint32_t reduced);

}  // namespace saddle::kernels
