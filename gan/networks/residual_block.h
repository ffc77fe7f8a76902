// Residual blocks that double or halve images, as the ResNets of GANs have them: Gulrajani et al., "Improved
// Training of Wasserstein GANs", NeurIPS 2017, appendix F; Miyato et al., "Spectral Normalization for
// Generative Adversarial Networks", ICLR 2018, appendix B.4.
#pragma once
#include "gan/networks/normalization.h"
#include "nn/modules/sequential.h"

namespace saddle {

enum class Resize { none, up, down };

struct ResidualBlockOptions {
  int64_t in = 0, out = 0;  ///< channels
  int64_t hidden = 0;       ///< channels between the convolutions; 0: out
  Resize resize = Resize::none;
  MakeNorm norm = {};  ///< what precedes the activations, and is given what the block is; empty: nothing
  /// Of images themselves, which are not activated before the first convolution, nor normalised at all.
  bool of_images = false;
};

/// [N, in, H, W] -> [N, out, H', W'], shortcut(x) + b(x); H' is 2 H (up), H / 2 (down) or H.
///
///   b:         norm  relu  (up: upsample)  conv2d(in -> hidden, 3, padding 1)
///              norm  relu  conv2d(hidden -> out, 3, padding 1)  (down: avg_pool2d(2))
///   shortcut:  conv2d(in -> out, 1), at the smaller of the sizes; x itself if nothing changes
///
/// A convolution of 1x1 and resizing change places freely, as in the papers' code they do. Names are
/// `b.<position>.weight` and `shortcut.<position>.weight`.
class ResidualBlock : public nn::Module {
 public:
  /// Throws UsageError unless channels are positive.
  explicit ResidualBlock(const ResidualBlockOptions& options);
  Variable forward(const Variable& x) override { return forward_given(x, {}); }
  Variable forward_given(const Variable& x, const Variable& given) override;

  nn::Sequential& branch() { return *branch_; }

 private:
  std::shared_ptr<nn::Sequential> branch_, shortcut_;  // the latter may be null
};

/// Weights as in both papers' code: Glorot and Bengio's uniform ones, embeddings' too, times sqrt 2 in the
/// blocks' branches; biases 0. Layers of other kinds start by their own rule.
void init_residual(nn::Module& network, Generator& generator);

}  // namespace saddle
