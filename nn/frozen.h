// A network that is used but not trained.
#pragma once
#include "nn/module.h"

namespace saddle::nn {

/// Keeps a network's weights from gradients for its own lifetime: what is computed meanwhile passes gradients
/// on to the network's input alone. Parameters that wanted gradients want them again afterwards.
class Frozen {
 public:
  explicit Frozen(Module& network) {
    for (Variable& parameter : network.parameters())
      if (parameter.requires_grad()) frozen_.push_back(parameter);
    want(false);
  }
  ~Frozen() { want(true); }
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

 private:
  void want(bool on) {
    for (Variable& parameter : frozen_) parameter.requires_grad_(on);
  }

  Variables frozen_;
};

}  // namespace saddle::nn
