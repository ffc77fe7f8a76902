// A game without an opponent: a network learns to tell the classes of images.
#pragma once
#include "gan/classifier.h"
#include "gan/games/single_loss.h"

namespace saddle {

struct ClassifierGameOptions {
  double label_smoothing = 0;  ///< share of the target that all classes get
  SingleLossOptions learning = {};
};

class ClassifierGame : public SingleLossGame, public Classifier {
 public:
  /// `network`: images [N, C, H, W] -> logits [N, classes].
  ClassifierGame(std::shared_ptr<nn::Module> network, int64_t classes, const ClassifierGameOptions& options,
                 Device device);

  /// One update by the cross entropy of a batch. Gives `loss` and `accuracy`, the share of the batch that was
  /// told rightly before it. Throws UsageError for a batch without labels, Error that names the step if the
  /// loss is not finite.
  Scalars step(const std::vector<Batch>& batches) override;

  bool generates() const override { return false; }
  Shape latent_shape() const override { return {}; }
  /// Throws UsageError: it makes no images.
  Tensor generate(const Tensor& latents, const Tensor& labels = {}) override;

  int64_t class_count() const override { return classes_; }
  Device device() const override { return game_device(); }
  Variable logits(const Variable& images) override;

  std::vector<std::pair<std::string, nn::Module*>> networks() override;

 private:
  Tensor train(const Tensor& images, const Tensor& labels);

  double label_smoothing_;
  int64_t classes_;
  std::shared_ptr<nn::Module> network_;
};

}  // namespace saddle
