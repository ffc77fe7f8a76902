// Convolutional layers on images [N, C, H, W].
#pragma once
#include "autograd/ops/conv.h"
#include "nn/modules/activated.h"
#include "nn/modules/pair.h"
#include "nn/modules/spectral_norm.h"

namespace saddle::nn {

struct ConvOptions {
  Pair stride = 1;
  Pair padding = 0;
  Pair dilation = 1;
  int64_t groups = 1;
  bool bias = true;
};

/// [N, in, H, W] -> [N, out, OH, OW], OH = (H + 2 padding - dilation (kernel - 1) - 1) / stride + 1. The
/// weight is [out, in / groups, kernel].
class Conv2d : public WeightedLayer, public Activated {
 public:
  /// Throws UsageError unless sizes are positive and `groups` divides both channel counts.
  Conv2d(int64_t in, int64_t out, Pair kernel, ConvOptions options = {});
  Variable forward(const Variable& x) override { return forward_then(x, {}); }
  bool ends_with(const Activation&) const override { return true; }
  Variable forward_then(const Variable& x, const Activation& activation) override;

  Variable bias;  ///< [out]; undefined if there is none

 private:
  /// Both uniform in +-1 / sqrt(fan_in).
  void reset(Generator& generator) override;

  saddle::Conv2dOptions options_;
};

struct ConvTransposeOptions {
  Pair stride = 1;
  Pair padding = 0;
  Pair output_padding = 0;
  Pair dilation = 1;
  int64_t groups = 1;
  bool bias = true;
};

/// [N, in, H, W] -> [N, out, OH, OW],
/// OH = (H - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1. The weight is
/// [in, out / groups, kernel].
class ConvTranspose2d : public WeightedLayer, public Activated {
 public:
  /// Throws UsageError unless sizes are positive and `groups` divides both channel counts.
  ConvTranspose2d(int64_t in, int64_t out, Pair kernel, ConvTransposeOptions options = {});
  Variable forward(const Variable& x) override { return forward_then(x, {}); }
  bool ends_with(const Activation&) const override { return true; }
  Variable forward_then(const Variable& x, const Activation& activation) override;

  Variable bias;  ///< [out]; undefined if there is none

 private:
  /// Both uniform in +-1 / sqrt(fan_in).
  void reset(Generator& generator) override;

  ConvTranspose2dOptions options_;
};

inline std::shared_ptr<Conv2d> conv2d(int64_t in, int64_t out, Pair kernel, ConvOptions options = {}) {
  return std::make_shared<Conv2d>(in, out, kernel, options);
}
inline std::shared_ptr<ConvTranspose2d> conv_transpose2d(int64_t in, int64_t out, Pair kernel,
                                                         ConvTransposeOptions options = {}) {
  return std::make_shared<ConvTranspose2d>(in, out, kernel, options);
}

}  // namespace saddle::nn
