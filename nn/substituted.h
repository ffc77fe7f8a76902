// A network that computes with other weights for a while.
#pragma once
#include "nn/module.h"

namespace saddle::nn {

/// Puts variables in the places of a network's parameters for its own lifetime. They may be results of
/// operations, so that gradients flow through the weights to what they were made from, and may be of another
/// dtype or lie on another device than the parameters. What the network owns stays as it is.
class Substituted {
 public:
  /// In the order of parameters(). Throws as Module::exchange_parameters does.
  Substituted(Module& network, const Variables& weights)
      : network_(network), before_(network.exchange_parameters(weights)) {}
  ~Substituted() { network_.exchange_parameters(before_); }
  Substituted(const Substituted&) = delete;
  Substituted& operator=(const Substituted&) = delete;

 private:
  Module& network_;
  Variables before_;
};

}  // namespace saddle::nn
