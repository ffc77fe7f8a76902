// Layers that compare the samples of a batch, so that a discriminator sees when a generator makes one image
// over and over.
#pragma once
#include "autograd/ops/minibatch_stddev.h"
#include "nn/modules/linear.h"
#include "nn/modules/sequential.h"

namespace saddle::nn {

/// The op of that name (autograd/ops/minibatch_stddev.h): one more channel, with the standard deviation over
/// groups of samples.
inline std::shared_ptr<Module> minibatch_stddev(MinibatchStddevOptions options = {}) {
  return apply([=](const Variable& x) { return saddle::minibatch_stddev(x, options); });
}

struct MinibatchDiscriminationOptions {
  int64_t kernels = 100, dims = 5;  ///< B and C of the paper; these are of its authors' code
};

/// Minibatch discrimination (Salimans et al., "Improved Techniques for Training GANs", NeurIPS 2016, section
/// 3.2): x[N,A] -> [N, A + B], behind each sample's features how close it is to all of the batch in B ways:
///
///   M_i = T x_i, [B, C]      o_ib = sum_j exp(-|M_ib - M_jb|_1)
class MinibatchDiscrimination : public Module {
 public:
  /// Throws UsageError unless all numbers are positive.
  explicit MinibatchDiscrimination(int64_t features, MinibatchDiscriminationOptions options = {});
  Variable forward(const Variable& x) override;

 private:
  MinibatchDiscriminationOptions options_;
  std::shared_ptr<Linear> projection_;  ///< T
};

inline std::shared_ptr<MinibatchDiscrimination> minibatch_discrimination(
    int64_t features, MinibatchDiscriminationOptions options = {}) {
  return std::make_shared<MinibatchDiscrimination>(features, options);
}

}  // namespace saddle::nn
