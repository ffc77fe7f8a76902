// Copies that turn rows into columns.
#pragma once
#include "kernels/cuda/launch.h"
#include "kernels/walk.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {

/// Whether copy_turned pays: its tiles would be large enough to fill a block.
bool turns_well(const Walk& walk, size_t across);

/// y[i] = x[offset + walk.offset(i)] in y's order, where not the walk's innermost axis but axis `across` is
/// innermost in x: it has stride 1. All extents are at least 2.
void copy_turned(const Tensor& x, int64_t offset, const Walk& walk, size_t across, Tensor& y);

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
