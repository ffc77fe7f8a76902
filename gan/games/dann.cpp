#include "gan/games/dann.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops.h"
#include "gan/games/models.h"
#include "gan/games/options.h"
#include "gan/games/parts.h"
#include "gan/losses/auxiliary.h"
#include "nn/evaluation.h"
#include "nn/frozen.h"
#include "nn/modules.h"

namespace saddle {
namespace {

constexpr uint32_t weights_stream = 0x6A3E0301;

std::unique_ptr<Game> make(const Settings& settings, Device device) {
  int64_t lambda_end = settings.integer("lambda-end");
  if (lambda_end == 0) lambda_end = settings.find("steps") != nullptr ? settings.integer("steps") : 1;
  const DannOptions options{.network = {.size = settings.integer("size"),
                                        .channels = image_channels(settings),
                                        .width = settings.integer("width"),
                                        .classes = class_count(settings)},
                            .domain_width = settings.integer("domain-width"),
                            .lambda = settings.number("lambda"),
                            .lambda_end = lambda_end,
                            .learning = single_loss(settings)};
  return std::make_unique<DannGame>(options, device);
}

}  // namespace

double adaptation(double progress) {
  return 2 / (1 + std::exp(-10 * std::min(progress, 1.0))) - 1;
}

class DannGame::Networks : public nn::Module {
 public:
  explicit Networks(const DannOptions& options)
      : features(register_module("features", classifier_features(options.network))),
        classes(register_module("classes", nn::linear(4 * options.network.width, options.network.classes))),
        domain(register_module(
            "domain", nn::sequential(nn::linear(4 * options.network.width, options.domain_width), nn::relu(),
                                     nn::linear(options.domain_width, 1), nn::flatten(0)))) {}

  /// The classes' logits.
  Variable forward(const Variable& images) override { return (*classes)((*features)(images)); }

  std::shared_ptr<nn::Sequential> features;
  std::shared_ptr<nn::Linear> classes;
  std::shared_ptr<nn::Sequential> domain;
};

DannGame::DannGame(const DannOptions& options, Device device)
    : options_(options),
      device_(device),
      networks_(std::make_shared<Networks>(options)),
      step_(device, options.learning.graph) {
  require<UsageError>(options.lambda_end > 0, "dann: adaptation over ", options.lambda_end, " steps");
  Generator weights(derive_seed(options_.learning.seed, weights_stream));
  networks_->reset_parameters(weights);
  networks_->to(device);
  optimizer_ = make_adam(*networks_, options_.learning);
}

Scalars DannGame::step(const std::vector<Batch>& batches) {
  require<UsageError>(batches.size() == 1, "game: a step takes 1 batch, got ", batches.size());
  require<UsageError>(batches[0].labels.defined(), "game: a model of classes needs labels");
  auto& finished = *steps_.data<int64_t>();
  optimizer_->set_lr(options_.learning.lr(finished));
  const double progress = static_cast<double>(finished) / static_cast<double>(options_.lambda_end);
  const double lambda = options_.lambda * adaptation(progress);
  const std::vector<double> numbers =
      step_({batches[0].images, batches[0].labels, Tensor::full({}, lambda)},
            [this](const std::vector<Tensor>& inputs) { return train(inputs[0], inputs[1], inputs[2]); });
  const Scalars scalars = {{"loss", numbers[0]},
                           {"accuracy", numbers[1]},
                           {"loss_domain", numbers[2]},
                           {"accuracy_domain", numbers[3]},
                           {"lambda", lambda}};
  require_finite(scalars, finished + 1, "a lower learning rate");
  ++finished;
  return scalars;
}

Tensor DannGame::train(const Tensor& images, const Tensor& labels, const Tensor& lambda) {
  const Variable features = (*networks_->features)(images);
  const Variable logits = (*networks_->classes)(features);
  const Variable side = (*networks_->domain)(reverse_gradient(features, lambda));
  const DType dtype = logits.dtype();
  const Variable is_source = clamp(cast(labels, dtype) + 1, 0, 1);
  const Variable loss = class_of_labelled(class_count()).loss(logits, {.labels = labels, .latents = {}});
  const Variable loss_domain = bce_with_logits(side, is_source);
  minimise(*networks_, *optimizer_, loss + loss_domain, options_.learning.clip_grad);

  const NoGrad no_grad;
  const Variable right = cast(eq(argmax(logits, 1), labels), dtype);  // never where there is no label
  const Variable accuracy = sum(right) / clamp(sum(is_source), 1);
  const Variable said = cast(gt(side, full_like(side, 0)), dtype);
  const Variable accuracy_domain = mean(cast(eq(said, is_source), dtype));
  Variables numbers;
  for (const Variable& number : {loss, accuracy, loss_domain, accuracy_domain})
    numbers.push_back(reshape(number, {1}));
  return concat(numbers, 0).value();
}

Tensor DannGame::generate(const Tensor&, const Tensor&) {
  throw UsageError("generate: a classifier makes no images");
}

Variable DannGame::logits(const Variable& images) {
  const nn::Evaluation evaluation(*networks_);
  const nn::Frozen frozen(*networks_);
  return (*networks_)(images);
}

std::vector<std::pair<std::string, nn::Module*>> DannGame::networks() {
  return {{"features", networks_->features.get()},
          {"classes", networks_->classes.get()},
          {"domain", networks_->domain.get()}};
}

NamedTensors DannGame::state() {
  NamedTensors all = networks_->state_dict();
  append(all, "optimizer.", optimizer_->state());
  all.emplace_back("step", steps_);
  return all;
}

void DannGame::load_state(const NamedTensors& state) {
  nn::load_tensors("load_state", this->state(), state);
  step_.forget();
}

Model dann_model() {
  return {.name = "dann",
          .title = "Classifier that adapts from labelled images to a target that has no labels",
          .paper = "Ganin et al., Domain-Adversarial Training of Neural Networks, JMLR 2016",
          .options = single_loss_options(
              {.size = 28, .batch = 128},
              {width_option("width", 32, "channels after the first convolution"),
               width_option("domain-width", 100, "hidden units of the domain classifier"),
               classes_option(),
               {"target", std::string(),
                "where images of the other kind come from, as for data; their labels are not read"},
               {"lambda", 1.0, "strength of the reversed gradient in the end; 0: no adaptation", 0, 1000},
               {"lambda-end", int64_t{0}, "step at which it is reached; 0: the last one", 0}}),
          .make = make};
}

}  // namespace saddle
