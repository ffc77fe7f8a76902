// Activations as modules; formulas stand in autograd/ops/elementwise.h.
#pragma once
#include "autograd/ops/elementwise.h"
#include "nn/modules/sequential.h"

namespace saddle::nn {

inline std::shared_ptr<Module> relu() {
  return apply([](const Variable& x) { return saddle::relu(x); });
}
inline std::shared_ptr<Module> leaky_relu(double negative_slope = 0.01) {
  return apply([=](const Variable& x) { return saddle::leaky_relu(x, negative_slope); });
}
inline std::shared_ptr<Module> sigmoid() {
  return apply([](const Variable& x) { return saddle::sigmoid(x); });
}
inline std::shared_ptr<Module> tanh() {
  return apply([](const Variable& x) { return saddle::tanh(x); });
}
inline std::shared_ptr<Module> softplus() {
  return apply([](const Variable& x) { return saddle::softplus(x); });
}

}  // namespace saddle::nn
