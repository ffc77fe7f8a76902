#include "gan/games/classifier.h"

#include "autograd/ops.h"
#include "gan/games/models.h"
#include "gan/games/options.h"
#include "gan/games/parts.h"
#include "gan/networks/classifier.h"
#include "nn/evaluation.h"
#include "nn/frozen.h"

namespace saddle {
namespace {

constexpr uint32_t weights_stream = 0x6A3E0201;

std::unique_ptr<Game> make(const Settings& settings, Device device) {
  const ClassifierOptions network{.size = settings.integer("size"),
                                  .channels = image_channels(settings),
                                  .width = settings.integer("width"),
                                  .classes = class_count(settings)};
  const ClassifierGameOptions options{.label_smoothing = settings.number("label-smoothing"),
                                      .learning = single_loss(settings)};
  return std::make_unique<ClassifierGame>(classifier_network(network), network.classes, options, device);
}

}  // namespace

ClassifierGame::ClassifierGame(std::shared_ptr<nn::Module> network, int64_t classes,
                               ClassifierGameOptions options, Device device)
    : options_(std::move(options)),
      classes_(classes),
      device_(device),
      network_(std::move(network)),
      step_(device, options_.learning.graph) {
  Generator weights(derive_seed(options_.learning.seed, weights_stream));
  network_->reset_parameters(weights);
  network_->to(device);
  optimizer_ = make_adam(*network_, options_.learning);
}

Scalars ClassifierGame::step(const std::vector<Batch>& batches) {
  require<UsageError>(batches.size() == 1, "game: a step takes 1 batch, got ", batches.size());
  require<UsageError>(batches[0].labels.defined(), "game: a model of classes needs labels");
  auto& finished = *steps_.data<int64_t>();
  optimizer_->set_lr(options_.learning.lr(finished));
  const std::vector<double> numbers =
      step_({batches[0].images, batches[0].labels},
            [this](const std::vector<Tensor>& inputs) { return train(inputs[0], inputs[1]); });
  const Scalars scalars = {{"loss", numbers[0]}, {"accuracy", numbers[1]}};
  require_finite(scalars, finished + 1, "a lower learning rate");
  ++finished;
  return scalars;
}

Tensor ClassifierGame::train(const Tensor& images, const Tensor& labels) {
  const Variable logits = (*network_)(images);
  const Variable loss = cross_entropy(logits, labels, {.label_smoothing = options_.label_smoothing});
  minimise(*network_, *optimizer_, loss, options_.learning.clip_grad);

  const NoGrad no_grad;
  const Variable right = cast(eq(argmax(logits, 1), labels), logits.dtype());
  return concat({reshape(loss, {1}), reshape(mean(right), {1})}, 0).value();
}

Tensor ClassifierGame::generate(const Tensor&, const Tensor&) {
  throw UsageError("generate: a classifier makes no images");
}

Variable ClassifierGame::logits(const Variable& images) {
  const nn::Evaluation evaluation(*network_);
  const nn::Frozen frozen(*network_);
  return (*network_)(images);
}

std::vector<std::pair<std::string, nn::Module*>> ClassifierGame::networks() {
  return {{"classifier", network_.get()}};
}

NamedTensors ClassifierGame::state() {
  NamedTensors all = network_->state_dict("classifier.");
  append(all, "optimizer.", optimizer_->state());
  all.emplace_back("step", steps_);
  return all;
}

void ClassifierGame::load_state(const NamedTensors& state) {
  nn::load_tensors("load_state", this->state(), state);
  step_.forget();
}

Model classifier_model() {
  return {.name = "classifier",
          .title = "Convolutional classifier that scores generators and is attacked, 28x28 to 64x64",
          .paper =
              "Ioffe and Szegedy, Batch Normalization: Accelerating Deep Network Training by Reducing "
              "Internal Covariate Shift, ICML 2015",
          .options = single_loss_options(
              {.size = 28, .lr = 5e-3},
              {width_option("width", 32, "channels after the first convolution"),
               classes_option(),
               {"label-smoothing", 0.0, "share of the target that all classes get", 0, 0.9},
               {"generator", std::string(),
                "a run or checkpoint that makes images of the classes, to learn from"},
               {"generated", int64_t{10000}, "how many images of it there are", 1, 10000000},
               {"p-real", 1.0, "share of real images, 0 or from 0.01 on; others are the generator's", 0, 1}}),
          .make = make};
}

}  // namespace saddle
