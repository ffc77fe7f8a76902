// Upsampling as a module; what it computes stands in autograd/ops/resample.h.
#pragma once
#include "autograd/ops/resample.h"
#include "nn/modules/sequential.h"

namespace saddle::nn {

inline std::shared_ptr<Module> upsample(int64_t scale_factor, Interpolation mode = Interpolation::nearest,
                                        bool align_corners = false) {
  return apply([=](const Variable& x) { return interpolate(x, scale_factor, mode, align_corners); });
}

}  // namespace saddle::nn
