// Modules that change a batch's shape and move nothing.
#pragma once
#include "nn/modules/sequential.h"

namespace saddle::nn {

/// x itself.
std::shared_ptr<Module> identity();
/// Axes from..to become one; negative ones count from the end. By default everything but the batch.
std::shared_ptr<Module> flatten(int from = 1, int to = -1);
/// Everything but the batch gets these extents, of which one may be -1: the inverse of flatten(1).
std::shared_ptr<Module> unflatten(std::initializer_list<int64_t> extents);

}  // namespace saddle::nn
