// How a network learns by a single loss, and what games of one have in common.
#pragma once
#include <memory>

#include "gan/captured_step.h"
#include "gan/game.h"
#include "nn/optim.h"
#include "nn/schedule.h"

namespace saddle {

struct SingleLossOptions {
  nn::Schedule lr = nn::constant_schedule(1e-3);
  double beta1 = 0.9, beta2 = 0.999;  ///< of Adam
  double clip_grad = 0;               ///< greatest length of the gradient; 0: any
  bool graph = true;                  ///< on a GPU, steps are captured and replayed
  uint64_t seed = 0;                  ///< of initial weights and all random numbers
};

/// A game whose step is one update of a network by Adam. The state is the network's, the optimiser's, that of
/// streams() and the count of steps.
class SingleLossGame : public Game {
 public:
  NamedTensors state() override;
  void load_state(const NamedTensors& state) override;

 protected:
  SingleLossGame(const SingleLossOptions& learning, Device device)
      : learning_(learning), device_(device), step_(device, learning.graph) {}

  /// To be called once, with all that learns, which has its initial weights: moves it to the device. Its
  /// tensors are named `prefix` and their names in it.
  void learns(std::shared_ptr<nn::Module> network, const std::string& prefix = "");
  /// Random streams that steps draw from, by name.
  virtual std::vector<std::pair<std::string, Generator*>> streams() { return {}; }

  const SingleLossOptions& learning() const { return learning_; }
  Device game_device() const { return device_; }
  /// Steps made so far.
  int64_t finished() const { return *steps_.data<int64_t>(); }

  /// A step's batch. Throw UsageError unless it is the only one, and the second unless it has labels.
  static const Batch& only(const std::vector<Batch>& batches);
  static const Batch& only_labelled(const std::vector<Batch>& batches);
  /// One step: what `train` makes of the inputs are the numbers of these names. Throws Error that names the
  /// step, the number and what may `help` if one is not finite.
  Scalars update(const std::vector<Tensor>& inputs, const std::vector<std::string>& names,
                 const CapturedStep::Work& train, const char* help = "a lower learning rate");
  /// For `train`: an update by the loss's gradient. `gradients` are those of the network's parameters, in
  /// their order, where they were computed already.
  void minimise(const Variable& loss);
  void descend(const Variables& gradients);

 private:
  SingleLossOptions learning_;
  Device device_;
  std::string prefix_;
  std::shared_ptr<nn::Module> network_;
  std::unique_ptr<nn::Optimizer> optimizer_;
  Tensor steps_ = Tensor::zeros({}, DType::i64);
  CapturedStep step_;
};

/// Scalars as one tensor [N], which is what a captured step gives.
Tensor as_numbers(const Variables& scalars);

/// 1 where the likeliest class is the label, else 0: [N] of the logits' dtype, no gradient.
Variable told_rightly(const Variable& logits, const Variable& labels);

}  // namespace saddle
