#include "gan/games/gtn.h"

#include <cmath>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "gan/games/models.h"
#include "gan/games/options.h"
#include "gan/games/parts.h"
#include "gan/networks/gtn.h"
#include "nn/init.h"
#include "nn/optim/unrolled_sgd.h"
#include "nn/substituted.h"

namespace saddle {
namespace {

constexpr uint32_t weights_stream = 0x6A3E0401, learners_stream = 0x6A3E0402, told_stream = 0x6A3E0403;

/// 0, 1, .. by turns.
Tensor labels_by_turns(int64_t count, int64_t classes, Device device) {
  std::vector<int64_t> labels(static_cast<size_t>(count));
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int64_t>(i) % classes;
  return Tensor::from(labels, {count}, device);
}

std::unique_ptr<Game> make(const Settings& settings, Device device) {
  const int64_t size = settings.integer("size"), channels = image_channels(settings);
  const int64_t classes = class_count(settings), nz = settings.integer("nz");
  const GtnGeneratorOptions generator{size, channels, nz, settings.integer("ngf"), classes};
  const GtnLearnerOptions learner{size, channels, settings.integer("width"), classes,
                                  find_normalization(settings.text("learner-norm"))};
  const TeachingOptions options{.steps = settings.integer("inner-steps"),
                                .batch = settings.integer("inner-batch"),
                                .curriculum = settings.flag("curriculum"),
                                .lr = settings.number("inner-lr"),
                                .momentum = settings.number("inner-momentum"),
                                .learning = single_loss(settings)};
  return std::make_unique<TeachingGame>(
      TeachingNetworks{gtn_generator(generator), gtn_learner(learner), nz, classes}, options, device);
}

}  // namespace

/// All that is learned.
class TeachingGame::Teacher : public nn::Module {
 public:
  Teacher(const TeachingNetworks& networks, const TeachingOptions& options) : options_(options) {
    if (options.curriculum) register_parameter("curriculum", curriculum, {options.images(), networks.nz});
    register_parameter("log_lr", log_lr, {options.steps});
    register_parameter("momentum_logit", momentum_logit, {options.steps});
    generator = register_module("generator", networks.generator);
  }

  /// The generator's.
  Variable forward(const Variable& latents) override { return (*generator)(latents); }
  Variable forward_given(const Variable& latents, const Variable& classes) override {
    return (*generator)(latents, classes);
  }

  Variable curriculum;              ///< [options.images(), nz]; undefined if there is none
  Variable log_lr, momentum_logit;  ///< [options.steps]
  std::shared_ptr<nn::Module> generator;

 private:
  void reset(Generator& random) override {
    if (curriculum.defined()) nn::init::normal_(curriculum, random);
    nn::init::constant_(log_lr, std::log(options_.lr));
    nn::init::constant_(momentum_logit, std::log(options_.momentum / (1 - options_.momentum)));
  }

  TeachingOptions options_;
};

TeachingGame::TeachingGame(TeachingNetworks networks, const TeachingOptions& options, Device device)
    : SingleLossGame(options.learning, device),
      networks_(std::move(networks)),
      options_(options),
      random_(derive_seed(learning().seed, learners_stream)) {
  require<UsageError>(options_.steps > 0 && options_.batch > 0 && options_.lr > 0 && options_.momentum > 0 &&
                          options_.momentum < 1,
                      "gtn: learners of ", options_.steps, " steps of ", options_.batch,
                      " images, learning rate ", options_.lr, ", momentum ", options_.momentum);
  require<UsageError>(networks_.learner->named_buffers().empty(),
                      "gtn: the learner has buffers, through which no gradient flows");
  teacher_ = std::make_shared<Teacher>(networks_, options_);
  Generator weights(derive_seed(learning().seed, weights_stream));
  teacher_->reset_parameters(weights);
  learns(teacher_);
  labels_ = labels_by_turns(options_.images(), networks_.classes, device);
}

Scalars TeachingGame::step(const std::vector<Batch>& batches) {
  const Batch& batch = only_labelled(batches);
  std::vector<Tensor> inputs = beginning(random_);
  inputs.insert(inputs.end(), {batch.images, batch.labels});
  told_.clear();
  return update(
      inputs, {"loss", "accuracy", "loss_taught"}, [this](const auto& given) { return train(given); },
      "a lower learning rate or fewer inner steps");
}

std::vector<Tensor> TeachingGame::beginning(Generator& random) {
  std::vector<Tensor> all;
  if (!options_.curriculum) all.push_back(random_normal({options_.images(), networks_.nz}, random));
  networks_.learner->reset_parameters(random);
  for (const Variable& w : networks_.learner->parameters()) all.push_back(w.value());
  return all;
}

TeachingGame::Taught TeachingGame::teach(std::span<const Tensor> beginning) {
  const size_t noise = options_.curriculum ? 0 : 1;
  const Variable latents = options_.curriculum ? teacher_->curriculum : Variable(beginning[0]);
  const Variable images = (*teacher_)(latents, labels_), labels = labels_;
  Taught taught;
  taught.weights = nn::learn_by_sgd(*networks_.learner, {beginning.begin() + noise, beginning.end()},
                                    exp(teacher_->log_lr), sigmoid(teacher_->momentum_logit), [&](int64_t t) {
                                      const int64_t first = t * options_.batch, last = first + options_.batch;
                                      taught.loss =
                                          cross_entropy((*networks_.learner)(slice(images, 0, first, last)),
                                                        slice(labels, 0, first, last));
                                      return taught.loss;
                                    });
  return taught;
}

Tensor TeachingGame::train(const std::vector<Tensor>& inputs) {
  const Tensor &images = inputs[inputs.size() - 2], &labels = inputs.back();
  const Taught taught = teach(std::span(inputs).first(inputs.size() - 2));
  const nn::Substituted learner(*networks_.learner, taught.weights);
  const Variable logits = (*networks_.learner)(images);
  const Variable loss = cross_entropy(logits, labels);

  // By what is learned alone: not by the weights that the learner started from.
  descend(grad({loss}, teacher_->parameters(), {.allow_unused = true}));

  const NoGrad no_grad;
  return as_numbers({loss, mean(told_rightly(logits, labels)), taught.loss});
}

Tensor TeachingGame::generate(const Tensor& latents, const Tensor& labels) {
  return generate_images(*teacher_, {latent_shape(), classes()}, game_device(), latents, labels);
}

Variable TeachingGame::images_from(const Variable& latents, const Tensor& labels) {
  return images_with_gradients(*teacher_, {latent_shape(), classes()}, latents, labels);
}

Variable TeachingGame::logits(const Variable& images) {
  if (told_.empty()) {
    const NoGrad no_grad;
    Generator random(derive_seed(learning().seed, told_stream));
    std::vector<Tensor> start = beginning(random);
    for (Tensor& tensor : start) tensor = tensor.to(game_device());
    told_ = teach(start).weights;
  }
  const nn::Substituted learner(*networks_.learner, told_);
  return (*networks_.learner)(images);
}

std::vector<std::pair<std::string, nn::Module*>> TeachingGame::networks() {
  return {{"generator", teacher_->generator.get()}};
}

void TeachingGame::load_state(const NamedTensors& state) {
  SingleLossGame::load_state(state);
  told_.clear();
}

Model gtn_model() {
  std::vector<Option> own = {
      width_option("nz", 64, "numbers in a vector that an image is made from"),
      width_option("ngf", 32, "channels before the generator's last layer"),
      width_option("width", 16, "channels after the learner's first convolution"),
      choice_option("learner-norm", "instance", "normalisation in the learner",
                    {"instance", "layer", "none"}),
      classes_option(),
      {"clip-grad", 0.3, "greatest length of the gradient, which is scaled down to it; 0: any", 0},
      {"inner-steps", int64_t{16}, "a learner's, all on generated images", 1, 4096},
      {"inner-batch", int64_t{64}, "generated images of each", 1, 65536},
      {"inner-lr", 0.1, "a learner's learning rate, at first: it is learned", 1e-6, 100},
      {"inner-momentum", 0.5, "a learner's momentum, at first: it is learned", 0.001, 0.999},
      {"curriculum", true, "learn what images are made from, step by step; else from new noise each time"},
  };
  return {
      .name = "gtn",
      .title = "Generative teaching network: makes images from which a new classifier learns in a few steps",
      .paper =
          "Such et al., Generative Teaching Networks: Accelerating Neural Architecture Search by Learning "
          "to Generate Synthetic Training Data, ICML 2020",
      .options = single_loss_options({.size = 28, .batch = 128, .lr = 3e-3}, own),
      .make = make};
}

}  // namespace saddle
