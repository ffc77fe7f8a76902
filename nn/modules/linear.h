// Fully connected layers.
#pragma once
#include "nn/module.h"

namespace saddle::nn {

struct LinearOptions {
  bool bias = true;
};

/// y = x weight^T + bias over the last axis: x[.., in] -> [.., out].
class Linear : public Module {
 public:
  /// Throws UsageError unless both sizes are positive.
  Linear(int64_t in, int64_t out, LinearOptions options = {});
  Variable forward(const Variable& x) override;

  Variable weight;  ///< [out, in]
  Variable bias;    ///< [out]; undefined if there is none

 private:
  /// Both uniform in +-1 / sqrt(in).
  void reset(Generator& generator) override;
};

inline std::shared_ptr<Linear> linear(int64_t in, int64_t out, LinearOptions options = {}) {
  return std::make_shared<Linear>(in, out, options);
}

}  // namespace saddle::nn
