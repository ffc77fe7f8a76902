// Batch normalisation whose scale and shift are those of each sample's class: Dumoulin, Shlens and Kudlur,
// "A Learned Representation for Artistic Style", ICLR 2017, section 2.2; de Vries et al., "Modulating Early
// Visual Processing by Language", NeurIPS 2017, section 3.2.
#pragma once
#include "nn/modules/norm.h"

namespace saddle::nn {

/// (x - mean) / sqrt(var + eps) * weight[class] + bias[class] for each channel, mean and variance as
/// BatchNorm has them, over all classes. Parameters `weight` and `bias` [classes, channels] start at 1 and 0;
/// buffers are `norm.running_mean`, `norm.running_var`, `norm.num_batches_tracked`.
class ConditionalBatchNorm : public Module {
 public:
  /// Throws UsageError: there is no scale without a class.
  Variable forward(const Variable& x) override;
  /// Classes i64 [N]. Throws ShapeError as BatchNorm does, and for other classes than one a sample, each in
  /// [0, classes) (the latter is for the CPU to notice).
  Variable forward_given(const Variable& x, const Variable& classes) override;

  Variable weight, bias;  ///< [classes, channels]

 protected:
  /// `norm`: without affine. Throws UsageError unless classes is positive.
  ConditionalBatchNorm(std::shared_ptr<BatchNorm> norm, int64_t channels, int64_t classes);

 private:
  /// weight 1, bias 0.
  void reset(Generator& generator) override;

  std::shared_ptr<BatchNorm> norm_;
};

/// For [N, C] and [N, C, L].
class ConditionalBatchNorm1d : public ConditionalBatchNorm {
 public:
  ConditionalBatchNorm1d(int64_t channels, int64_t classes)
      : ConditionalBatchNorm(batch_norm1d(channels, {.affine = false}), channels, classes) {}
};

/// For [N, C, H, W].
class ConditionalBatchNorm2d : public ConditionalBatchNorm {
 public:
  ConditionalBatchNorm2d(int64_t channels, int64_t classes)
      : ConditionalBatchNorm(batch_norm2d(channels, {.affine = false}), channels, classes) {}
};

inline std::shared_ptr<ConditionalBatchNorm1d> conditional_batch_norm1d(int64_t channels, int64_t classes) {
  return std::make_shared<ConditionalBatchNorm1d>(channels, classes);
}
inline std::shared_ptr<ConditionalBatchNorm2d> conditional_batch_norm2d(int64_t channels, int64_t classes) {
  return std::make_shared<ConditionalBatchNorm2d>(channels, classes);
}

}  // namespace saddle::nn
