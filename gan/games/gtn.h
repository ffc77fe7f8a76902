// Generative teaching networks: a generator of training data, from which learners that were just made learn
// to tell real images: Such, Rawal, Lehman, Stanley and Clune, "Generative Teaching Networks: Accelerating
// Neural Architecture Search by Learning to Generate Synthetic Training Data", ICML 2020.
#pragma once
#include "gan/classifier.h"
#include "gan/games/single_loss.h"

namespace saddle {

struct TeachingNetworks {
  /// Latents [N, nz] and classes i64 [N] -> images [N, C, H, W].
  std::shared_ptr<nn::Module> generator;
  /// Images -> logits [N, classes]. It has no buffers: weights are all that it learns.
  std::shared_ptr<nn::Module> learner;
  int64_t nz = 0, classes = 0;
};

struct TeachingOptions {
  int64_t steps = 16;  ///< a learner's, at least 1
  int64_t batch = 64;  ///< images of each of them
  /// A learner's images are made from vectors that are learned, the same ones in the same order each time
  /// (the paper's full curriculum, section 3.3); without, from new normal ones.
  bool curriculum = true;
  double lr = 0.1, momentum = 0.5;  ///< a learner's, at first: they are learned too, for each of its steps
  SingleLossOptions learning = {};  ///< the generator's and all that is learned with it

  int64_t images() const { return steps * batch; }
};

/// One step trains a new learner by SGD with momentum on generated images alone, of all classes by turns, and
/// has its loss on a batch of real images differentiated through that learning.
///
/// As a Classifier it is a learner that was trained so: from initial weights that are the same each time and
/// that no step has had.
class TeachingGame : public SingleLossGame, public Classifier {
 public:
  /// Throws UsageError for options out of range.
  TeachingGame(TeachingNetworks networks, const TeachingOptions& options, Device device);

  /// One update of the generator, the curriculum and the learners' learning rates and momenta. Gives `loss`
  /// and `accuracy` of the trained learner on the batch, and `loss_taught`, its loss at its last step. Throws
  /// UsageError for a batch without labels, Error that names the step if a number is not finite.
  Scalars step(const std::vector<Batch>& batches) override;

  int64_t classes() const override { return networks_.classes; }
  Shape latent_shape() const override { return {networks_.nz}; }
  Tensor generate(const Tensor& latents, const Tensor& labels = {}) override;
  Variable images_from(const Variable& latents, const Tensor& labels = {}) override;

  int64_t class_count() const override { return networks_.classes; }
  Device device() const override { return game_device(); }
  Variable logits(const Variable& images) override;

  std::vector<std::pair<std::string, nn::Module*>> networks() override;
  void load_state(const NamedTensors& state) override;

 private:
  class Teacher;
  std::vector<std::pair<std::string, Generator*>> streams() override { return {{"learners", &random_}}; }

  struct Taught {
    Variables weights;  ///< of the learner
    Variable loss;      ///< at its last step
  };

  /// What a learner starts from, on the host: vectors that images are made from, if there is no curriculum,
  /// and its weights.
  std::vector<Tensor> beginning(Generator& random);
  /// A learner that learns from `beginning`, on the device.
  Taught teach(std::span<const Tensor> beginning);
  Tensor train(const std::vector<Tensor>& inputs);

  TeachingNetworks networks_;
  TeachingOptions options_;
  std::shared_ptr<Teacher> teacher_;
  Tensor labels_;  ///< i64 [steps * batch], of generated images
  Generator random_;
  Variables told_;  ///< weights of the learner that tells images; empty: it must learn anew
};

}  // namespace saddle
