#include "gan/games/dann.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops.h"
#include "gan/games/models.h"
#include "gan/games/options.h"
#include "gan/games/parts.h"
#include "gan/losses/auxiliary.h"
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
                                        .hidden = settings.integer("hidden"),
                                        .domain_hidden = settings.integer("domain-width"),
                                        .classes = class_count(settings)},
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
  explicit Networks(const DannNetworkOptions& options)
      : features(register_module("features", dann_features(options))),
        classes(register_module("classes", dann_classes(options))),
        domain(register_module("domain", dann_domain(options))) {}

  /// The classes' logits.
  Variable forward(const Variable& images) override { return (*classes)((*features)(images)); }

  std::shared_ptr<nn::Sequential> features, classes, domain;
};

DannGame::DannGame(const DannOptions& options, Device device)
    : SingleLossGame(options.learning, device),
      options_(options),
      networks_(std::make_shared<Networks>(options.network)) {
  require<UsageError>(options.lambda_end > 0, "dann: adaptation over ", options.lambda_end, " steps");
  Generator weights(derive_seed(learning().seed, weights_stream));
  networks_->reset_parameters(weights);
  learns(networks_);
}

Scalars DannGame::step(const std::vector<Batch>& batches) {
  const Batch& batch = only_labelled(batches);
  const double progress = static_cast<double>(finished()) / static_cast<double>(options_.lambda_end);
  const double lambda = options_.lambda * adaptation(progress);
  Scalars scalars =
      update({batch.images, batch.labels, Tensor::full({}, lambda)},
             {"loss", "accuracy", "loss_domain", "accuracy_domain"},
             [this](const std::vector<Tensor>& inputs) { return train(inputs[0], inputs[1], inputs[2]); });
  scalars.emplace_back("lambda", lambda);
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
  minimise(loss + loss_domain);

  const NoGrad no_grad;
  const Variable accuracy = sum(told_rightly(logits, labels)) / clamp(sum(is_source), 1);  // of the labelled
  const Variable said = cast(gt(side, full_like(side, 0)), dtype);
  const Variable accuracy_domain = mean(cast(eq(said, is_source), dtype));
  return as_numbers({loss, accuracy, loss_domain, accuracy_domain});
}

Tensor DannGame::generate(const Tensor&, const Tensor&) {
  throw UsageError("generate: a classifier makes no images");
}

Variable DannGame::logits(const Variable& images) {
  return evaluated(*networks_, images);
}

std::vector<std::pair<std::string, nn::Module*>> DannGame::networks() {
  return {{"features", networks_->features.get()},
          {"classes", networks_->classes.get()},
          {"domain", networks_->domain.get()}};
}

Model dann_model() {
  return {.name = "dann",
          .title = "Classifier that adapts from labelled images to a target that has no labels",
          .paper = "Ganin et al., Domain-Adversarial Training of Neural Networks, JMLR 2016",
          .options = single_loss_options(
              {.size = 28, .batch = 128},
              {width_option("width", 32, "channels after the first convolution"),
               width_option("hidden", 100, "units of the layers between features and classes"),
               width_option("domain-width", 100, "hidden units of the domain classifier"),
               classes_option(),
               {"target", std::string(),
                "where images of the other kind come from, as for data; their labels are not read"},
               {"lambda", 1.0, "strength of the reversed gradient in the end; 0: no adaptation", 0, 1000},
               {"lambda-end", int64_t{0}, "step at which it is reached; 0: the last one", 0}}),
          .make = make};
}

}  // namespace saddle
