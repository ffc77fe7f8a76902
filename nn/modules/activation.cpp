#include "nn/modules/activation.h"

namespace saddle::nn {

Variable Activated::forward_given_then(const Variable& x, const Variable&, const Activation& activation) {
  return forward_then(x, activation);
}

Variable ActivationLayer::forward(const Variable& x) {
  switch (activation_.kind) {
    case Activation::none:
      break;
    case Activation::relu:
      return saddle::relu(x);
    case Activation::leaky_relu:
      return saddle::leaky_relu(x, activation_.slope);
    case Activation::tanh:
      return saddle::tanh(x);
  }
  return x;
}

}  // namespace saddle::nn
