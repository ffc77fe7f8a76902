// Fully connected layers.
#pragma once
#include "nn/modules/activated.h"
#include "nn/modules/spectral_norm.h"

namespace saddle::nn {

struct LinearOptions {
  bool bias = true;
};

/// y = x weight^T + bias over the last axis: x[.., in] -> [.., out]. The weight is [out, in].
class Linear : public WeightedLayer, public Activated {
 public:
  /// Throws UsageError unless both sizes are positive.
  Linear(int64_t in, int64_t out, LinearOptions options = {});
  Variable forward(const Variable& x) override { return forward_then(x, {}); }
  bool ends_with(const Activation&) const override { return true; }
  Variable forward_then(const Variable& x, const Activation& activation) override;

  Variable bias;  ///< [out]; undefined if there is none

 private:
  /// Both uniform in +-1 / sqrt(in).
  void reset(Generator& generator) override;
};

inline std::shared_ptr<Linear> linear(int64_t in, int64_t out, LinearOptions options = {}) {
  return std::make_shared<Linear>(in, out, options);
}

}  // namespace saddle::nn
