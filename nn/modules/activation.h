// Activations as modules; formulas stand in autograd/ops/elementwise.h. Those that other layers can end with
// are of a class of their own.
#pragma once
#include "autograd/ops/elementwise.h"
#include "nn/modules/activated.h"
#include "nn/modules/sequential.h"

namespace saddle::nn {

inline std::shared_ptr<Module> relu() {
  return std::make_shared<ActivationLayer>(Activation{Activation::relu});
}
inline std::shared_ptr<Module> leaky_relu(double negative_slope = 0.01) {
  return std::make_shared<ActivationLayer>(Activation{Activation::leaky_relu, negative_slope});
}
inline std::shared_ptr<Module> tanh() {
  return std::make_shared<ActivationLayer>(Activation{Activation::tanh});
}
inline std::shared_ptr<Module> sigmoid() {
  return apply([](const Variable& x) { return saddle::sigmoid(x); });
}
inline std::shared_ptr<Module> softplus() {
  return apply([](const Variable& x) { return saddle::softplus(x); });
}

}  // namespace saddle::nn
