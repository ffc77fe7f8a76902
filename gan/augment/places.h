// What augmentations draw and count with, on the device.
#pragma once
#include <map>

#include "autograd/variable.h"
#include "core/random.h"

namespace saddle {

/// 0, 1, … on a device: uploaded once, so that a step that uses them can be captured.
class Places {
 public:
  /// f32 [count].
  const Tensor& operator()(int64_t count, Device device);

 private:
  std::map<int64_t, Tensor> held_;  // by count, all on the device of the last call
};

/// Whole numbers from low to high, each as likely as another, as f32.
Variable random_whole(const Shape& shape, int64_t low, int64_t high, Generator& random, Device device);

}  // namespace saddle
