// The game of two networks without conditions: a generator makes images from latents, a discriminator tells
// them from real ones (Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014, algorithm 1).
#pragma once
#include <optional>

#include "gan/captured_step.h"
#include "gan/game.h"
#include "gan/losses/adversarial.h"
#include "nn/ema.h"
#include "nn/optim.h"
#include "nn/schedule.h"

namespace saddle {

/// How to make the two networks.
struct AdversarialNetworks {
  /// latents [N, latent...] -> images [N, C, H, W]. Called once more for the moving average.
  std::function<std::shared_ptr<nn::Module>()> generator;
  /// images [N, C, H, W] -> raw outputs [N].
  std::function<std::shared_ptr<nn::Module>()> discriminator;
  /// Draws the weights of one.
  std::function<void(nn::Module&, Generator&)> init;
  /// Extents of one latent, drawn from the standard normal distribution.
  Shape latent;
};

struct AdversarialOptions {
  AdversarialLoss loss = bce_loss();
  nn::Schedule lr_g = nn::constant_schedule(2e-4), lr_d = nn::constant_schedule(2e-4);
  double beta1 = 0.5, beta2 = 0.999;  ///< of both Adams
  int64_t n_critic = 1;               ///< updates of the discriminator for one of the generator
  double ema = 0;                     ///< decay of the generator's moving average; 0: there is none
  bool graph = true;                  ///< on a GPU, steps are captured and replayed
  uint64_t seed = 0;                  ///< of initial weights and of latents
};

class AdversarialGame : public Game {
 public:
  /// Throws UsageError for options out of range.
  AdversarialGame(const AdversarialNetworks& networks, AdversarialOptions options, Device device = {});

  /// n_critic updates of the discriminator, on a batch of real images and as many new fake ones each, then
  /// one of the generator by the last fakes. Gives `loss_d`, `loss_g`, and the mean scores `d_real` and
  /// `d_fake` that the discriminator gave before its update; with n_critic > 1, loss_d and scores are means
  /// over its updates. Throws Error that names the step and the loss if one is not finite; weights then are
  /// not finite either.
  Scalars step(const std::vector<Batch>& batches) override;
  int64_t batches_per_step() const override { return options_.n_critic; }

  Shape latent_shape() const override { return latent_; }
  /// Images lie on the host. Throws ShapeError for latents of another shape.
  Tensor generate(const Tensor& latents) override;

  std::vector<std::pair<std::string, nn::Module*>> networks() override;
  NamedTensors state() override;
  void load_state(const NamedTensors& state) override;

 private:
  int64_t finished_steps() const { return *steps_.data<int64_t>(); }
  /// The step on the device: gives loss_d, loss_g, d_real, d_fake.
  Tensor train(const std::vector<Tensor>& real);
  Variable make_fakes(int64_t count, bool for_generator);
  /// Gives the loss, and the mean scores of real and of fake images.
  Variable update_discriminator(const Variable& real, const Variable& fake);
  Variable update_generator(const Variable& fake);

  AdversarialOptions options_;
  Shape latent_;
  Device device_;
  std::shared_ptr<nn::Module> generator_, discriminator_;
  std::optional<nn::Ema> ema_;
  std::optional<nn::Adam> optimizer_g_, optimizer_d_;
  Generator latents_;
  Tensor steps_ = Tensor::zeros({}, DType::i64);
  CapturedStep step_;
};

}  // namespace saddle
