// Pooling as modules; what they compute stands in autograd/ops/pool.h.
#pragma once
#include "autograd/ops/pool.h"
#include "nn/modules/pair.h"
#include "nn/modules/sequential.h"

namespace saddle::nn {

struct MaxPoolOptions {
  Pair stride = 0;  ///< 0 stands for the kernel's extent
  Pair padding = 0;
  Pair dilation = 1;
  bool ceil_mode = false;
};

inline std::shared_ptr<Module> max_pool2d(Pair kernel, const MaxPoolOptions& options = {}) {
  const MaxPool2dOptions o{.stride = options.stride,
                           .padding = options.padding,
                           .dilation = options.dilation,
                           .ceil_mode = options.ceil_mode};
  return apply([=](const Variable& x) { return saddle::max_pool2d(x, kernel, o); });
}

struct AvgPoolOptions {
  Pair stride = 0;  ///< 0 stands for the kernel's extent
  Pair padding = 0;
  bool ceil_mode = false;
  bool count_include_pad = true;
};

inline std::shared_ptr<Module> avg_pool2d(Pair kernel, const AvgPoolOptions& options = {}) {
  const AvgPool2dOptions o{.stride = options.stride,
                           .padding = options.padding,
                           .ceil_mode = options.ceil_mode,
                           .count_include_pad = options.count_include_pad};
  return apply([=](const Variable& x) { return saddle::avg_pool2d(x, kernel, o); });
}

inline std::shared_ptr<Module> adaptive_avg_pool2d(Pair size) {
  return apply([=](const Variable& x) { return saddle::adaptive_avg_pool2d(x, size); });
}

}  // namespace saddle::nn
