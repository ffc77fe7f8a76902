// Self-attention over the positions of an image: Zhang et al., "Self-Attention Generative Adversarial
// Networks", ICML 2019, section 3, in the form of Brock et al., "Large Scale GAN Training for High Fidelity
// Natural Image Synthesis", ICLR 2019: keys and values are those of windows of 2x2.
#pragma once
#include "nn/modules/conv.h"

namespace saddle {

/// [N, C, H, W] -> the same, H and W even: x + gamma o(sum_j beta_ij g_j), where beta_i is the softmax over
/// windows j of theta_i . phi_j. theta and phi are convolutions of 1x1 to C / 8 channels, g to C / 2, o back
/// to C, none with a bias; phi and g are pooled by their maximum. gamma starts at 0, so at first nothing is
/// added. Weights are `gamma`, `theta.weight`, `phi.weight`, `g.weight`, `o.weight`.
class SelfAttention : public nn::Module {
 public:
  /// Fewer than 8 channels attend by 1. Throws UsageError unless channels are positive.
  explicit SelfAttention(int64_t channels);
  Variable forward(const Variable& x) override;

  Variable gamma;  ///< a scalar

 private:
  void reset(Generator& generator) override;

  std::shared_ptr<nn::Conv2d> theta_, phi_, g_, o_;
};

}  // namespace saddle
