// RMSprop.
#pragma once
#include "nn/optim/optimizer.h"

namespace saddle::nn {

struct RMSpropOptions {
  double lr = 1e-2;
  double alpha = 0.99;  ///< of the running mean of squares, in [0, 1)
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum = 0;    ///< in [0, 1)
  bool centered = false;  ///< divide by the standard deviation instead of the root mean square
};

/// RMSprop (Tieleman and Hinton 2012); formula in kernels/optim.h. Keeps `square_avg`, with `centered` also
/// `grad_avg`, with momentum also `momentum_buffer`. Throws UsageError for options out of range.
class RMSprop : public Optimizer {
 public:
  explicit RMSprop(const NamedVariables& parameters, RMSpropOptions options = {});

 private:
  void update(std::span<const Item> items) override;

  RMSpropOptions options_;
};

}  // namespace saddle::nn
