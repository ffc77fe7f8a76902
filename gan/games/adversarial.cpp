#include "gan/games/adversarial.h"

#include <algorithm>
#include <cmath>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "gan/batch_shape.h"
#include "gan/games/parts.h"
#include "nn/frozen.h"
#include "nn/optim/clip.h"

namespace saddle {
namespace {

constexpr uint32_t weights_stream = 0x6A3E0001, latents_stream = 0x6A3E0002, noise_stream = 0x6A3E0004;

/// What a step reports, in the order of the tensor that train() gives.
constexpr const char* scalar_names[] = {"loss_d", "loss_g", "d_real", "d_fake", "penalty"};

std::unique_ptr<nn::Optimizer> make_optimizer(const nn::Module& network, const AdversarialOptions& options) {
  const nn::NamedVariables parameters = network.named_parameters();
  switch (options.optimizer) {
    case OptimizerKind::adam:
      break;
    case OptimizerKind::rmsprop:
      return std::make_unique<nn::RMSprop>(parameters);
    case OptimizerKind::sgd:
      return std::make_unique<nn::SGD>(parameters);
  }
  return std::make_unique<nn::Adam>(parameters,
                                    nn::AdamOptions{.beta1 = options.beta1, .beta2 = options.beta2});
}

/// The mean over all its elements, as a tensor of one.
Variable mean_of(const Variable& x) {
  return reshape(mean(x), {1});
}

}  // namespace

AdversarialGame::AdversarialGame(const AdversarialNetworks& networks, AdversarialOptions options,
                                 Device device)
    : options_(std::move(options)),
      latent_(networks.latent),
      classes_(networks.classes),
      device_(device),
      generator_(networks.generator()),
      discriminator_(networks.discriminator()),
      latents_(derive_seed(options_.seed, latents_stream)),
      noise_(derive_seed(options_.seed, noise_stream)),
      step_(device, options_.graph) {
  require<UsageError>(options_.n_critic >= 1, "game: n_critic ", options_.n_critic, " is below 1");
  Generator weights(derive_seed(options_.seed, weights_stream));
  for (nn::Module* network : {generator_.get(), discriminator_.get()}) {
    networks.init(*network, weights);
    network->to(device);
  }
  if (options_.ema != 0) {
    const auto average = networks.generator();
    average->to(device);
    ema_.emplace(generator_, average, options_.ema);
  }
  optimizer_g_ = make_optimizer(*generator_, options_);
  optimizer_d_ = make_optimizer(*discriminator_, options_);
  if (options_.penalty_weight == 0) options_.penalty_weight = options_.penalty.weight;
}

Scalars AdversarialGame::step(const std::vector<Batch>& batches) {
  require<UsageError>(static_cast<int64_t>(batches.size()) == options_.n_critic, "game: a step takes ",
                      options_.n_critic, " batches, got ", batches.size());
  const int64_t finished = finished_steps();
  optimizer_g_->set_lr(options_.lr_g(finished));
  optimizer_d_->set_lr(options_.lr_d(finished));

  std::vector<Tensor> inputs;
  for (const Batch& batch : batches) inputs.push_back(batch.images);
  if (classes_ > 0) {
    for (const Batch& batch : batches) {
      require<UsageError>(batch.labels.defined(), "game: a model of ", classes_, " classes needs labels");
      inputs.push_back(batch.labels);
    }
  }
  const std::vector<double> numbers = step_(inputs, [this](const auto& given) { return train(given); });
  Scalars scalars;
  for (size_t i = 0; i < numbers.size(); ++i) scalars.emplace_back(scalar_names[i], numbers[i]);
  for (const auto& [name, value] : scalars)
    require<Error>(std::isfinite(value), "step ", finished + 1, ": ", name, " is ", value,
                   "; lower learning rates may keep training stable");
  ++*steps_.data<int64_t>();
  return scalars;
}

Tensor AdversarialGame::train(const std::vector<Tensor>& inputs) {
  const size_t batches = static_cast<size_t>(options_.n_critic);
  Variable fake, labels, judgement;
  for (size_t i = 0; i < batches; ++i) {
    const Tensor& images = inputs[i];
    if (classes_ > 0) labels = inputs[batches + i];
    fake = make_fakes(images.size(0), labels, i + 1 == batches);
    const Variable one = update_discriminator(images, fake.detach(), labels);
    judgement = judgement.defined() ? judgement + one : one;
  }
  const Variable loss_g = update_generator(fake, labels);
  if (ema_) ema_->update();

  const NoGrad no_grad;
  judgement = judgement * (1 / static_cast<double>(batches));
  return concat({slice(judgement, 0, 0, 1), reshape(loss_g, {1}), slice(judgement, 0, 1, judgement.size(0))},
                0)
      .value();
}

Variable AdversarialGame::make_fakes(int64_t count, const Variable& labels, bool for_generator) {
  const GradMode mode(for_generator);
  return (*generator_)(random_normal(batch_shape(count, latent_), latents_, {.device = device_}), labels);
}

Variable AdversarialGame::update_discriminator(const Variable& real_images, const Variable& fake_images,
                                               const Variable& labels) {
  const Judged real = judge(real_images, labels, options_.penalty.slope_at_real);
  const Judged fake = judge(fake_images, labels, options_.penalty.slope_at_fake);
  std::pair sides(real.outputs, fake.outputs);
  if (options_.label_noise > 0) sides = swap_sides(real.outputs, fake.outputs, options_.label_noise, noise_);
  const Variable loss = options_.loss.discriminator(sides.first, sides.second);
  const Variable penalty = penalise(real, fake, labels);
  minimise(*discriminator_, *optimizer_d_, penalty.defined() ? loss + penalty : loss);
  if (options_.clip > 0) nn::clip_weights(*discriminator_, options_.clip);

  const NoGrad no_grad;
  Variables shown = {mean_of(loss), mean_of(options_.loss.score(real.outputs)),
                     mean_of(options_.loss.score(fake.outputs))};
  if (penalty.defined()) shown.push_back(mean_of(penalty));
  return concat(shown, 0);
}

Judged AdversarialGame::judge(const Variable& images, const Variable& labels, bool wants_slope) {
  const Variable seen = wants_slope ? Variable(images.value(), true) : images;
  return {.images = seen, .outputs = (*discriminator_)(seen, labels)};
}

Variable AdversarialGame::penalise(const Judged& real, const Judged& fake, const Variable& labels) {
  if (!options_.penalty.term) return {};
  const Critic critic = [&](const Variable& images) { return (*discriminator_)(images, labels); };
  return options_.penalty_weight * options_.penalty.term(critic, real, fake, noise_);
}

void AdversarialGame::minimise(nn::Module& network, nn::Optimizer& optimizer, const Variable& loss) {
  optimizer.zero_grad();
  backward(loss);
  if (options_.clip_grad > 0) nn::clip_grad_norm(network, options_.clip_grad);
  optimizer.step();
}

Variable AdversarialGame::update_generator(const Variable& fake, const Variable& labels) {
  const nn::Frozen frozen(*discriminator_);
  const Variable loss = options_.loss.generator((*discriminator_)(fake, labels));
  minimise(*generator_, *optimizer_g_, loss);
  return loss.detach();
}

Tensor AdversarialGame::generate(const Tensor& latents, const Tensor& labels) {
  return generate_images(ema_ ? ema_->average() : *generator_, {latent_, classes_}, device_, latents, labels);
}

std::vector<std::pair<std::string, nn::Module*>> AdversarialGame::networks() {
  std::vector<std::pair<std::string, nn::Module*>> all = {{"generator", generator_.get()},
                                                          {"discriminator", discriminator_.get()}};
  if (ema_) all.emplace_back("generator_ema", &ema_->average());
  return all;
}

NamedTensors AdversarialGame::state() {
  NamedTensors all;
  for (const auto& [name, network] : networks()) append(all, "", network->state_dict(name + "."));
  append(all, "optimizer_g.", optimizer_g_->state());
  append(all, "optimizer_d.", optimizer_d_->state());
  put_stream(all, "random.latents", latents_);
  if (uses_noise()) put_stream(all, "random.discriminator", noise_);
  all.emplace_back("step", steps_);
  return all;
}

void AdversarialGame::load_state(const NamedTensors& state) {
  const NamedTensors own = this->state();
  nn::load_tensors("load_state", own, state);
  take_stream(own, "random.latents", latents_);
  if (uses_noise()) take_stream(own, "random.discriminator", noise_);
  step_.forget();
}

}  // namespace saddle
