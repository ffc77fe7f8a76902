// Normalisation layers. Scale and shift start at 1 and 0.
#pragma once
#include <vector>

#include "autograd/ops/norm.h"
#include "nn/modules/activated.h"

namespace saddle::nn {

/// Weight and bias of a normalisation, each of one shape, or neither. It can end with a rectifier.
class AffineNorm : public Module, public Activated {
 public:
  Variable forward(const Variable& x) override { return forward_then(x, {}); }
  bool ends_with(const Activation& activation) const override { return activation.is_linear_in_pieces(); }

  Variable weight, bias;  ///< undefined without affine

 protected:
  void register_affine(const Shape& shape);
  /// weight 1, bias 0.
  void reset(Generator& generator) override;
};

struct BatchNormOptions {
  double eps = 1e-5;      ///< added to the variance
  double momentum = 0.1;  ///< share of the newest batch in the running statistics
  bool affine = true;
  bool track_running_stats = true;
};

/// (x - mean) / sqrt(var + eps) * weight + bias for each channel, over the batch and all positions (Ioffe and
/// Szegedy, ICML 2015). In training, mean and variance are those of the batch, and running_mean and
/// running_var (unbiased) move towards them; in evaluation the running ones are used if there are any.
class BatchNorm : public AffineNorm {
 public:
  /// Throws ShapeError unless x has the layer's rank and channels and, in training, more than one value a
  /// channel.
  Variable forward_then(const Variable& x, const Activation& activation) override {
    return forward_with(weight, bias, x, activation);
  }
  /// The same with w and b, each [channels] or [N, channels], instead of the layer's weight and bias.
  Variable forward_with(const Variable& w, const Variable& b, const Variable& x,
                        const Activation& activation);

  Tensor running_mean, running_var;  ///< [channels]; undefined without track_running_stats
  Tensor num_batches_tracked;        ///< i64 scalar

 protected:
  BatchNorm(std::string name, int64_t channels, std::vector<int> ranks, BatchNormOptions options);

 private:
  void reset(Generator& generator) override;
  void track(const NormStatistics& batch, int64_t count);

  std::string name_;
  int64_t channels_;
  std::vector<int> ranks_;
  BatchNormOptions options_;
};

/// For [N, C] and [N, C, L].
class BatchNorm1d : public BatchNorm {
 public:
  explicit BatchNorm1d(int64_t channels, BatchNormOptions options = {})
      : BatchNorm("batch_norm1d", channels, {2, 3}, options) {}
};

/// For [N, C, H, W].
class BatchNorm2d : public BatchNorm {
 public:
  explicit BatchNorm2d(int64_t channels, BatchNormOptions options = {})
      : BatchNorm("batch_norm2d", channels, {4}, options) {}
};

struct InstanceNormOptions {
  double eps = 1e-5;  ///< added to the variance
  bool affine = false;
};

/// (x - mean) / sqrt(var + eps) * weight + bias for each channel of each sample, over all positions, in
/// training and evaluation alike (Ulyanov et al., arXiv:1607.08022). For [N, C, H, W].
class InstanceNorm2d : public AffineNorm {
 public:
  explicit InstanceNorm2d(int64_t channels, InstanceNormOptions options = {});
  /// Throws ShapeError unless x has the layer's channels, rank 4 and more than one position.
  Variable forward_then(const Variable& x, const Activation& activation) override;

 private:
  int64_t channels_;
  double eps_;
};

struct LayerNormOptions {
  double eps = 1e-5;  ///< added to the variance
  bool affine = true;
};

/// (x - mean) / sqrt(var + eps) * weight + bias over the last axes, of extents `normalized` (Ba et al.,
/// arXiv:1607.06450).
class LayerNorm : public AffineNorm {
 public:
  explicit LayerNorm(const Shape& normalized, LayerNormOptions options = {});
  Variable forward_then(const Variable& x, const Activation& activation) override;

 private:
  Shape normalized_;
  double eps_;
};

struct GroupNormOptions {
  double eps = 1e-5;  ///< added to the variance
  bool affine = true;
};

/// (x - mean) / sqrt(var + eps) * weight + bias for each of `groups` groups of neighbouring channels of each
/// sample, over all positions (Wu and He, ECCV 2018). For [N, C, ..].
class GroupNorm : public AffineNorm {
 public:
  GroupNorm(int64_t groups, int64_t channels, GroupNormOptions options = {});
  Variable forward_then(const Variable& x, const Activation& activation) override;

 private:
  int64_t groups_, channels_;
  double eps_;
};

/// x / sqrt(mean over channels of x^2 + eps) (Karras et al., ICLR 2018, section 4.2). Holds no parameters.
class PixelNorm : public Module {
 public:
  explicit PixelNorm(double eps = 1e-8);
  Variable forward(const Variable& x) override;

 private:
  double eps_;
};

inline std::shared_ptr<BatchNorm1d> batch_norm1d(int64_t channels, BatchNormOptions options = {}) {
  return std::make_shared<BatchNorm1d>(channels, options);
}
inline std::shared_ptr<BatchNorm2d> batch_norm2d(int64_t channels, BatchNormOptions options = {}) {
  return std::make_shared<BatchNorm2d>(channels, options);
}

inline std::shared_ptr<InstanceNorm2d> instance_norm2d(int64_t channels, InstanceNormOptions options = {}) {
  return std::make_shared<InstanceNorm2d>(channels, options);
}
inline std::shared_ptr<LayerNorm> layer_norm(const Shape& normalized, LayerNormOptions options = {}) {
  return std::make_shared<LayerNorm>(normalized, options);
}
inline std::shared_ptr<GroupNorm> group_norm(int64_t groups, int64_t channels,
                                             GroupNormOptions options = {}) {
  return std::make_shared<GroupNorm>(groups, channels, options);
}
inline std::shared_ptr<PixelNorm> pixel_norm(double eps = 1e-8) {
  return std::make_shared<PixelNorm>(eps);
}

}  // namespace saddle::nn
