// What one training step is given.
#pragma once
#include "core/tensor.h"

namespace saddle {

struct Batch {
  Tensor images;  ///< f32 [N, C, H, W] in [-1, 1], or points of the plane [N, 2, 1, 1]
  Tensor labels;  ///< i64 [N]; undefined if the source has no labels
};

}  // namespace saddle
