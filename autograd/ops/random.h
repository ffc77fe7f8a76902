// Random tensors, and the operations that draw random numbers. All advance the generator that they are given.
#pragma once
#include "autograd/variable.h"
#include "core/random.h"

namespace saddle {

struct RandomOptions {
  DType dtype = DType::f32;  ///< f32 or f64
  Device device = {};
};

/// Uniform in [low, high). Throws ShapeError unless low < high.
Tensor random_uniform(const Shape& shape, Generator& random, double low = 0, double high = 1,
                      const RandomOptions& options = {});
/// Standard normal.
Tensor random_normal(const Shape& shape, Generator& random, const RandomOptions& options = {});

/// x with each element set to 0 with probability p and scaled by 1 / (1 - p) otherwise (Srivastava et al.,
/// JMLR 2014; scaled in training, so that evaluation does nothing). Throws ShapeError unless 0 <= p < 1.
Variable dropout(const Variable& x, double p, Generator& random);

}  // namespace saddle
