// A network in evaluation for a while.
#pragma once
#include "nn/module.h"

namespace saddle::nn {

/// Puts a network into evaluation for its own lifetime.
class Evaluation {
 public:
  explicit Evaluation(Module& network) : network_(network), before_(network.is_training()) { network.eval(); }
  ~Evaluation() { network_.train(before_); }
  Evaluation(const Evaluation&) = delete;
  Evaluation& operator=(const Evaluation&) = delete;

 private:
  Module& network_;
  bool before_;
};

}  // namespace saddle::nn
