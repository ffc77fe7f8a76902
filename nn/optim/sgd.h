// Stochastic gradient descent.
#pragma once
#include "nn/optim/optimizer.h"

namespace saddle::nn {

struct SGDOptions {
  double lr = 1e-3;
  double momentum = 0;  ///< in [0, 1)
  double weight_decay = 0;
  bool nesterov = false;  ///< needs momentum
};

/// SGD with momentum; formula in kernels/optim.h. Keeps `momentum_buffer` where there is momentum. Throws
/// UsageError for options out of range.
class SGD : public Optimizer {
 public:
  explicit SGD(const NamedVariables& parameters, SGDOptions options = {});

 private:
  void update(std::span<const Item> items) override;

  SGDOptions options_;
};

}  // namespace saddle::nn
