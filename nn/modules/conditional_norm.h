// Batch normalisation whose scale and shift come from a condition, such as each sample's class: Dumoulin,
// Shlens and Kudlur, "A Learned Representation for Artistic Style", ICLR 2017, section 2.2; de Vries et al.,
// "Modulating Early Visual Processing by Language", NeurIPS 2017, section 3.2.
#pragma once
#include "nn/modules/norm.h"

namespace saddle::nn {

/// (x - mean) / sqrt(var + eps) * scale + shift, mean and variance as BatchNorm has them, over all samples;
/// scale and shift [N, channels] are what a derived class makes of the condition. It can end with a
/// rectifier. Buffers are `norm.running_mean`, `norm.running_var`, `norm.num_batches_tracked`.
class GivenBatchNorm : public Module, public Activated {
 public:
  Variable forward(const Variable& x) override { return forward_then(x, {}); }
  Variable forward_given(const Variable& x, const Variable& given) override {
    return forward_given_then(x, given, {});
  }
  bool ends_with(const Activation& activation) const override { return norm_->ends_with(activation); }
  Variable forward_then(const Variable& x, const Activation& activation) override {
    return forward_given_then(x, {}, activation);
  }
  /// Throws UsageError without a condition, ShapeError as BatchNorm does and for other conditions than the
  /// derived class describes.
  Variable forward_given_then(const Variable& x, const Variable& given,
                              const Activation& activation) override;

 protected:
  struct Affine {
    Variable scale, shift;
  };

  /// `norm`: without affine.
  explicit GivenBatchNorm(std::shared_ptr<BatchNorm> norm);

 private:
  virtual Affine affine(const Variable& x, const Variable& given) = 0;

  std::shared_ptr<BatchNorm> norm_;
};

/// (x - mean) / sqrt(var + eps) * weight[class] + bias[class] for each channel, mean and variance as
/// BatchNorm has them, over all classes. Parameters `weight` and `bias` [classes, channels] start at 1 and 0.
/// It is given classes i64 [N], one a sample, each in [0, classes) (the latter is for the CPU to notice).
class ConditionalBatchNorm : public GivenBatchNorm {
 public:
  Variable weight, bias;  ///< [classes, channels]

 protected:
  /// `norm`: without affine. Throws UsageError unless classes is positive.
  ConditionalBatchNorm(std::shared_ptr<BatchNorm> norm, int64_t channels, int64_t classes);

 private:
  Affine affine(const Variable& x, const Variable& classes) override;
  /// weight 1, bias 0.
  void reset(Generator& generator) override;
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
