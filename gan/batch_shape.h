// The shape of a batch.
#pragma once
#include "core/shape.h"

namespace saddle {

/// [count, each...].
inline Shape batch_shape(int64_t count, const Shape& each) {
  Shape shape{count};
  for (const int64_t extent : each) shape.push_back(extent);
  return shape;
}

}  // namespace saddle
