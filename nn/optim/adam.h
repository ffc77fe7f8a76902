// Adam and AdamW.
#pragma once
#include "nn/optim/optimizer.h"

namespace saddle::nn {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;  ///< in [0, 1)
  double eps = 1e-8;
  double weight_decay = 0;  ///< added to the gradient
};

/// Adam (Kingma and Ba, ICLR 2015); formula in kernels/optim.h. Keeps `exp_avg` and `exp_avg_sq`. Throws
/// UsageError for options out of range.
class Adam : public Optimizer {
 public:
  explicit Adam(const NamedVariables& parameters, AdamOptions options = {})
      : Adam("adam", parameters, options, false) {}

 protected:
  Adam(const char* name, const NamedVariables& parameters, AdamOptions options, bool decoupled);

 private:
  kernels::StepScalars scalars(int64_t t) const override;
  void update(std::span<const Item> items) override;

  AdamOptions options_;
  bool decoupled_;
};

struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9, beta2 = 0.999;  ///< in [0, 1)
  double eps = 1e-8;
  double weight_decay = 0.01;  ///< times lr, taken off the weights
};

/// Adam with decoupled weight decay (Loshchilov and Hutter, ICLR 2019).
class AdamW : public Adam {
 public:
  explicit AdamW(const NamedVariables& parameters, AdamWOptions options = {});
};

}  // namespace saddle::nn
