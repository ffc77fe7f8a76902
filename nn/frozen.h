// A network that is used but not trained.
#pragma once
#include "nn/module.h"

namespace saddle::nn {

/// Keeps a network's weights from gradients for its own lifetime: what is computed meanwhile passes gradients
/// on to the network's input alone. All parameters want gradients afterwards.
class Frozen {
 public:
  explicit Frozen(Module& network) : network_(network) { network_.requires_grad_(false); }
  ~Frozen() { network_.requires_grad_(true); }
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;

 private:
  Module& network_;
};

}  // namespace saddle::nn
