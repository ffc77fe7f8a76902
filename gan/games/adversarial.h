// The game of two networks: a generator makes images from latents, a discriminator tells them from real ones
// (Goodfellow et al., "Generative Adversarial Nets", NeurIPS 2014, algorithm 1). Where there are classes,
// both are given them (Mirza and Osindero, "Conditional Generative Adversarial Nets", arXiv:1411.1784): a
// fake image is of the class of the real one beside it, so that both come in the data's shares.
#pragma once
#include <optional>

#include "gan/captured_step.h"
#include "gan/game.h"
#include "gan/games/stabilisers.h"
#include "gan/losses/adversarial.h"
#include "gan/losses/auxiliary.h"
#include "gan/penalties/penalty.h"
#include "nn/ema.h"
#include "nn/optim.h"
#include "nn/schedule.h"

namespace saddle {

/// How to make the two networks.
struct AdversarialNetworks {
  /// latents [N, latent...] -> images [N, C, H, W]. Called once more for the moving average.
  std::function<std::shared_ptr<nn::Module>()> generator;
  /// images [N, C, H, W] -> raw outputs [N]; with an auxiliary task, its answers beside them: [N, 1 +
  /// answers].
  std::function<std::shared_ptr<nn::Module>()> discriminator;
  /// Draws the weights of one.
  std::function<void(nn::Module&, Generator&)> init;
  /// Extents of one latent.
  Shape latent;
  /// Draws latents; if empty, from the standard normal distribution.
  DrawLatents draw = {};
  /// Classes that both networks are given; 0: they are given none.
  int64_t classes = 0;
  /// What layers of the networks draw from, if they do: the game seeds it, saves it and keeps it alive.
  std::shared_ptr<Generator> dropout = {};
};

enum class OptimizerKind { adam, rmsprop, sgd };

struct AdversarialOptions {
  AdversarialLoss loss = bce_loss();
  double label_noise = 0;  ///< probability that a pair of outputs changes sides in the discriminator's loss
  Penalty penalty = {};    ///< added to the discriminator's loss; without a term: none
  double penalty_weight = 0;     ///< 0: the penalty's own
  Stabilisers stabilisers = {};  ///< what is done to the images that the discriminator is shown
  AuxiliaryTask task = {};       ///< what both networks learn beside; without answers: nothing
  bool spectral_norm = false;    ///< of all the discriminator's layers
  double clip = 0;               ///< bound of the discriminator's weights after each of its updates; 0: none
  double orthogonal = 0;         ///< weight of the generator's orthogonal_penalty
  double clip_grad = 0;          ///< greatest length of either network's gradient; 0: any
  OptimizerKind optimizer = OptimizerKind::adam;  ///< of both networks
  nn::Schedule lr_g = nn::constant_schedule(2e-4), lr_d = nn::constant_schedule(2e-4);
  double beta1 = 0.5, beta2 = 0.999;  ///< of Adam
  int64_t n_critic = 1;               ///< updates of the discriminator for one of the generator
  double ema = 0;                     ///< decay of the generator's moving average; 0: there is none
  bool graph = true;                  ///< on a GPU, steps are captured and replayed
  uint64_t seed = 0;                  ///< of initial weights and all random numbers
};

class AdversarialGame : public Game {
 public:
  /// Throws UsageError for options out of range.
  AdversarialGame(const AdversarialNetworks& networks, AdversarialOptions options, Device device = {});

  /// n_critic updates of the discriminator, on a batch of real images and as many new fake ones each, then
  /// one of the generator by the last fakes. Gives `loss_d`, `loss_g`, the mean scores `d_real` and `d_fake`
  /// that the discriminator gave before its update, and where there are such, `penalty` and `consistency`,
  /// with their weights, and the discriminator's loss in the auxiliary task, none part of loss_d; with
  /// n_critic > 1, all but loss_g are means over the discriminator's updates. Throws Error that names the
  /// step and the loss if one is not finite; weights then are not finite either.
  Scalars step(const std::vector<Batch>& batches) override;
  int64_t batches_per_step() const override { return options_.n_critic; }

  int64_t classes() const override { return classes_; }
  Shape latent_shape() const override { return latent_; }
  Tensor latents(const std::vector<uint64_t>& seeds) const override {
    return latents_from_seeds(seeds, draw_);
  }
  /// Images lie on the host. Throws ShapeError for latents of another shape, and unless labels are those of
  /// known classes.
  Tensor generate(const Tensor& latents, const Tensor& labels = {}) override;
  Variable images_from(const Variable& latents, const Tensor& labels = {}) override;

  std::vector<std::pair<std::string, nn::Module*>> networks() override;
  NamedTensors state() override;
  void load_state(const NamedTensors& state) override;

 private:
  bool uses_noise() const {
    return options_.label_noise > 0 || options_.penalty.draws || augment_ || shift_ || replay_;
  }
  bool takes_labels() const { return classes_ > 0 || options_.task.reads_labels; }
  int64_t finished_steps() const { return *steps_.data<int64_t>(); }
  /// The images of a batch, and what is known of them.
  struct Images {
    Variable images;
    Shown shown;
  };

  /// The step on the device, given the batches' images and, where it takes labels, after these the labels:
  /// gives what step() shows.
  Tensor train(const std::vector<Tensor>& inputs);
  /// Labels: undefined if there are none.
  Images make_fakes(int64_t count, const Variable& labels, bool for_generator);
  /// What images are sampled from.
  nn::Module& sampled() const { return ema_ ? ema_->average() : *generator_; }
  /// The labels that the networks are given; undefined without classes.
  Variable given(const Shown& shown) const { return classes_ > 0 ? shown.labels : Variable(); }
  /// Takes the stabilisers' parts into use.
  void stabilise();
  /// As the discriminator sees images.
  Variable augmented(const Variable& images) { return augment_ ? (*augment_)(images, noise_) : images; }
  /// The discriminator's raw outputs and answers.
  Judged ask(const Variable& images, const Shown& shown);
  /// What the discriminator says of images; of a copy that requires gradients where its slope is wanted.
  Judged judge(const Images& images, bool wants_slope);
  /// Gives the loss, the mean scores of real and of fake images, penalty, inconsistency and auxiliary loss,
  /// if any.
  Variable update_discriminator(const Images& real_images, const Images& fake_images);
  /// The penalty with its weight; undefined if there is none.
  Variable penalise(const Judged& real, const Judged& fake, const Shown& shown);
  /// The consistency regularisation with its weight; undefined if there is none.
  Variable inconsistency(const Judged& real, const Images& real_images);
  /// The discriminator's loss in the auxiliary task; undefined if there is none.
  Variable task_loss(const Judged& real, const Shown& shown_by_real, const Judged& fake,
                     const Shown& shown_by_fake);
  Variable update_generator(const Images& fake);

  AdversarialOptions options_;
  Shape latent_;
  int64_t classes_;
  Device device_;
  std::shared_ptr<Generator> dropout_;
  std::shared_ptr<nn::Module> generator_, discriminator_;
  std::optional<nn::Ema> ema_;
  std::unique_ptr<nn::Optimizer> optimizer_g_, optimizer_d_;
  DrawLatents draw_;
  std::optional<DiffAugment> augment_;
  std::optional<RandomShift> shift_;  // of consistency regularisation
  std::optional<ReplayPool> replay_;
  Generator latents_, noise_;  // the latter for what the discriminator's loss draws
  Tensor steps_ = Tensor::zeros({}, DType::i64);
  CapturedStep step_;
};

}  // namespace saddle
