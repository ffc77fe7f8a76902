#include "gan/games/single_loss.h"

#include "autograd/ops.h"
#include "core/error.h"
#include "gan/games/parts.h"
#include "nn/optim/clip.h"

namespace saddle {

void SingleLossGame::learns(std::shared_ptr<nn::Module> network, const std::string& prefix) {
  network_ = std::move(network);
  prefix_ = prefix;
  network_->to(device_);
  optimizer_ = std::make_unique<nn::Adam>(
      network_->named_parameters(), nn::AdamOptions{.beta1 = learning_.beta1, .beta2 = learning_.beta2});
}

const Batch& SingleLossGame::only(const std::vector<Batch>& batches) {
  require<UsageError>(batches.size() == 1, "game: a step takes 1 batch, got ", batches.size());
  return batches[0];
}

const Batch& SingleLossGame::only_labelled(const std::vector<Batch>& batches) {
  const Batch& batch = only(batches);
  require<UsageError>(batch.labels.defined(), "game: a model of classes needs labels");
  return batch;
}

Scalars SingleLossGame::update(const std::vector<Tensor>& inputs, const std::vector<std::string>& names,
                               const CapturedStep::Work& train, const char* help) {
  auto& finished = *steps_.data<int64_t>();
  optimizer_->set_lr(learning_.lr(finished));
  const std::vector<double> numbers = step_(inputs, train);
  require(numbers.size() == names.size(), "game: ", numbers.size(), " numbers of ", names.size(), " names");
  Scalars scalars;
  for (size_t i = 0; i < names.size(); ++i) scalars.emplace_back(names[i], numbers[i]);
  require_finite(scalars, finished + 1, help);
  ++finished;
  return scalars;
}

void SingleLossGame::minimise(const Variable& loss) {
  saddle::minimise(*network_, *optimizer_, loss, learning_.clip_grad);
}

void SingleLossGame::descend(const Variables& gradients) {
  Variables parameters = network_->parameters();
  for (size_t i = 0; i < parameters.size(); ++i) parameters[i].set_grad(gradients[i]);
  if (learning_.clip_grad > 0) nn::clip_grad_norm(*network_, learning_.clip_grad);
  optimizer_->step();
}

NamedTensors SingleLossGame::state() {
  NamedTensors all = network_->state_dict(prefix_);
  append(all, "optimizer.", optimizer_->state());
  for (const auto& [name, random] : streams()) put_stream(all, "random." + name, *random);
  all.emplace_back("step", steps_);
  return all;
}

void SingleLossGame::load_state(const NamedTensors& state) {
  const NamedTensors own = SingleLossGame::state();
  nn::load_tensors("load_state", own, state);
  for (const auto& [name, random] : streams()) take_stream(own, "random." + name, *random);
  step_.forget();
}

Tensor as_numbers(const Variables& scalars) {
  const NoGrad no_grad;
  return stack(scalars, 0).value();
}

Variable told_rightly(const Variable& logits, const Variable& labels) {
  const NoGrad no_grad;
  return cast(eq(argmax(logits, 1), labels), logits.dtype());
}

}  // namespace saddle
