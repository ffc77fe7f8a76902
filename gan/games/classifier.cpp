#include "gan/games/classifier.h"

#include "autograd/ops.h"
#include "gan/games/models.h"
#include "gan/games/options.h"
#include "gan/games/parts.h"
#include "gan/networks/classifier.h"

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
                               const ClassifierGameOptions& options, Device device)
    : SingleLossGame(options.learning, device),
      label_smoothing_(options.label_smoothing),
      classes_(classes),
      network_(std::move(network)) {
  Generator weights(derive_seed(learning().seed, weights_stream));
  network_->reset_parameters(weights);
  learns(network_, "classifier.");
}

Scalars ClassifierGame::step(const std::vector<Batch>& batches) {
  const Batch& batch = only_labelled(batches);
  return update({batch.images, batch.labels}, {"loss", "accuracy"},
                [this](const std::vector<Tensor>& inputs) { return train(inputs[0], inputs[1]); });
}

Tensor ClassifierGame::train(const Tensor& images, const Tensor& labels) {
  const Variable logits = (*network_)(images);
  const Variable loss = cross_entropy(logits, labels, {.label_smoothing = label_smoothing_});
  minimise(loss);
  const NoGrad no_grad;
  return as_numbers({loss, mean(told_rightly(logits, labels))});
}

Tensor ClassifierGame::generate(const Tensor&, const Tensor&) {
  throw UsageError("generate: a classifier makes no images");
}

Variable ClassifierGame::logits(const Variable& images) {
  return evaluated(*network_, images);
}

std::vector<std::pair<std::string, nn::Module*>> ClassifierGame::networks() {
  return {{"classifier", network_.get()}};
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
