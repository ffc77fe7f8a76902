// Domain-adversarial training: a classifier of one kind of images that is to work on another, of which no
// labels are known (Ganin et al., "Domain-Adversarial Training of Neural Networks", JMLR 2016). Features
// learn to tell classes and to hide which of the two an image is from.
#pragma once
#include "gan/classifier.h"
#include "gan/games/single_loss.h"
#include "gan/networks/dann.h"

namespace saddle {

struct DannOptions {
  DannNetworkOptions network = {};
  double lambda = 1;       ///< strength of the reversed gradient in the end; 0: no adaptation
  int64_t lambda_end = 1;  ///< steps after which it is reached, all but 0.0001 of it
  SingleLossOptions learning = {};
};

/// 2 / (1 + exp(-10 p)) - 1 where `progress` p of training is done (section 5.2.2); p beyond 1 is 1.
double adaptation(double progress);

class DannGame : public SingleLossGame, public Classifier {
 public:
  /// Throws UsageError unless numbers of the networks and `lambda_end` are positive.
  DannGame(const DannOptions& options, Device device);

  /// One update of all networks, on images of both domains: those without a label, below 0, are the target's.
  /// Gives `loss`, the cross entropy of labelled images, `accuracy` on these, both 0 where there are none,
  /// `loss_domain` and `accuracy_domain` of the domain classifier, means over all images, and the `lambda` of
  /// this step. Throws UsageError for a batch without labels, Error that names the step and the loss if one
  /// is not finite.
  Scalars step(const std::vector<Batch>& batches) override;

  bool generates() const override { return false; }
  Shape latent_shape() const override { return {}; }
  /// Throws UsageError: it makes no images.
  Tensor generate(const Tensor& latents, const Tensor& labels = {}) override;

  int64_t class_count() const override { return options_.network.classes; }
  Device device() const override { return game_device(); }
  Variable logits(const Variable& images) override;

  std::vector<std::pair<std::string, nn::Module*>> networks() override;

 private:
  class Networks;
  Tensor train(const Tensor& images, const Tensor& labels, const Tensor& lambda);

  DannOptions options_;
  std::shared_ptr<Networks> networks_;
};

}  // namespace saddle
