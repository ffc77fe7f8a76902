// Dropout.
#pragma once
#include "core/random.h"
#include "nn/module.h"

namespace saddle::nn {

/// In training, sets each element to 0 with probability p and scales the others by 1 / (1 - p); in
/// evaluation, does nothing. Holds no parameters.
class Dropout : public Module {
 public:
  /// Draws from `generator`, which is its owner's to save and restore, so that training that is resumed drops
  /// what it would have dropped. It must outlive the module. Throws UsageError unless 0 <= p < 1.
  Dropout(double p, Generator& generator);
  Variable forward(const Variable& x) override;

 private:
  double p_;
  Generator& generator_;
};

inline std::shared_ptr<Dropout> dropout(double p, Generator& generator) {
  return std::make_shared<Dropout>(p, generator);
}

}  // namespace saddle::nn
