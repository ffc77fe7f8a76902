// The game of one network that makes an image small and makes it again: an encoder and a decoder, which
// minimise the loss of what comes back together.
#pragma once
#include <functional>

#include "gan/games/single_loss.h"

namespace saddle {

struct AutoencoderNetworks {
  /// images [N, C, H, W] -> codes [N, nz]; of a variational one the posterior's means and then the logarithms
  /// of its variances: [N, 2 nz].
  std::function<std::shared_ptr<nn::Module>()> encoder;
  /// codes [N, nz, 1, 1] -> the image's logits [N, C, H, W].
  std::function<std::shared_ptr<nn::Module>()> decoder;
  std::function<void(nn::Module&, Generator&)> init;
  int64_t nz = 0;
};

struct AutoencoderOptions {
  /// Codes are drawn from a posterior that is held near the standard normal distribution: Kingma and Welling,
  /// "Auto-Encoding Variational Bayes", ICLR 2014.
  bool variational = false;
  /// Weight of the divergence from it: Higgins et al., "beta-VAE", ICLR 2017, equation 4.
  double beta = 1;
  /// The encoder is given images with normal noise of this standard deviation, on values from 0 to 1, and
  /// with this share of pixels black: Vincent et al., "Extracting and Composing Robust Features with
  /// Denoising Autoencoders", ICML 2008, section 2.3, and JMLR 2010, section 3.3.
  double noise = 0, mask = 0;
  SingleLossOptions learning = {};
};

/// Images are taken for probabilities of white, of which the decoder gives the logits: the reconstruction is
/// measured by cross entropy, in nats an image (Kingma and Welling, appendix C.1).
class AutoencoderGame : public SingleLossGame {
 public:
  /// Throws UsageError for options out of range.
  AutoencoderGame(const AutoencoderNetworks& networks, const AutoencoderOptions& options, Device device);

  /// One update of both networks. Gives `loss`, and of a variational one its parts `reconstruction` and `kl`,
  /// without beta, and `elbo`, the lower bound of ln p(image): less the sum of the two. Throws Error that
  /// names the step and the number if one is not finite.
  Scalars step(const std::vector<Batch>& batches) override;

  bool generates() const override { return options_.variational; }
  Shape latent_shape() const override { return {nz_, 1, 1}; }
  Tensor generate(const Tensor& latents, const Tensor& labels = {}) override;
  /// Throws UsageError unless it is variational.
  Variable images_from(const Variable& latents, const Tensor& labels = {}) override;
  bool reconstructs() const override { return true; }
  /// The images, corrupted where training corrupts them, and what the decoder makes of their codes: of a
  /// variational one, of the posterior's mean.
  std::vector<Tensor> reconstruct(const Tensor& images) override;

  std::vector<std::pair<std::string, nn::Module*>> networks() override;

 private:
  class Networks;
  std::vector<std::pair<std::string, Generator*>> streams() override { return {{"noise", &noise_}}; }
  Tensor train(const Tensor& images);
  bool corrupts() const { return options_.noise > 0 || options_.mask > 0; }
  Variable corrupt(const Variable& images, Generator& random) const;

  AutoencoderOptions options_;
  int64_t nz_;
  std::shared_ptr<Networks> networks_;
  Generator noise_;
};

}  // namespace saddle
