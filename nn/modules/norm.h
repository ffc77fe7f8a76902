// Normalisation layers. Scale and shift start at 1 and 0.
#pragma once
#include <vector>

#include "nn/module.h"

namespace saddle::nn {

struct BatchNormOptions {
  double eps = 1e-5;      ///< added to the variance
  double momentum = 0.1;  ///< share of the newest batch in the running statistics
  bool affine = true;
  bool track_running_stats = true;
};

/// (x - mean) / sqrt(var + eps) * weight + bias for each channel, over the batch and all positions (Ioffe and
/// Szegedy, ICML 2015). In training, mean and variance are those of the batch, and running_mean and
/// running_var (unbiased) move towards them; in evaluation the running ones are used if there are any.
class BatchNorm : public Module {
 public:
  /// Throws ShapeError unless x has the layer's rank and channels and, in training, more than one value a
  /// channel.
  Variable forward(const Variable& x) override;

  Variable weight, bias;             ///< [channels]; undefined without affine
  Tensor running_mean, running_var;  ///< [channels]; undefined without track_running_stats
  Tensor num_batches_tracked;        ///< i64 scalar

 protected:
  BatchNorm(std::string name, int64_t channels, std::vector<int> ranks, BatchNormOptions options);

 private:
  void reset(Generator& generator) override;
  void track(const Tensor& mean, const Tensor& var, int64_t count);

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

inline std::shared_ptr<BatchNorm1d> batch_norm1d(int64_t channels, BatchNormOptions options = {}) {
  return std::make_shared<BatchNorm1d>(channels, options);
}
inline std::shared_ptr<BatchNorm2d> batch_norm2d(int64_t channels, BatchNormOptions options = {}) {
  return std::make_shared<BatchNorm2d>(channels, options);
}

}  // namespace saddle::nn
