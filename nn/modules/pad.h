// Padding as modules; what they compute stands in autograd/ops/pad.h.
#pragma once
#include "autograd/ops/pad.h"
#include "nn/modules/sequential.h"

namespace saddle::nn {

inline std::shared_ptr<Module> zero_pad2d(const Pad2d& pad) {
  return apply([=](const Variable& x) { return saddle::zero_pad2d(x, pad); });
}
inline std::shared_ptr<Module> reflection_pad2d(const Pad2d& pad) {
  return apply([=](const Variable& x) { return saddle::reflection_pad2d(x, pad); });
}
inline std::shared_ptr<Module> replication_pad2d(const Pad2d& pad) {
  return apply([=](const Variable& x) { return saddle::replication_pad2d(x, pad); });
}

}  // namespace saddle::nn
