#include "gan/games/adversarial.h"

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "gan/batch_shape.h"
#include "gan/games/parts.h"
#include "gan/penalties/orthogonal.h"
#include "nn/frozen.h"
#include "nn/modules/spectral_norm.h"
#include "nn/optim/clip.h"

namespace saddle {
namespace {

constexpr uint32_t weights_stream = 0x6A3E0001, latents_stream = 0x6A3E0002, noise_stream = 0x6A3E0004,
                   dropout_stream = 0x6A3E0006;

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
      dropout_(networks.dropout),
      generator_(networks.generator()),
      discriminator_(networks.discriminator()),
      draw_(networks.draw ? networks.draw : normal_latents(networks.latent)),
      latents_(derive_seed(options_.seed, latents_stream)),
      noise_(derive_seed(options_.seed, noise_stream)),
      step_(device, options_.graph) {
  require<UsageError>(options_.n_critic >= 1, "game: n_critic ", options_.n_critic, " is below 1");
  if (options_.spectral_norm) nn::spectral_norm_(*discriminator_);
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
  if (dropout_) *dropout_ = Generator(derive_seed(options_.seed, dropout_stream));
  stabilise();
}

void AdversarialGame::stabilise() {
  const Stabilisers& wanted = options_.stabilisers;
  if (wanted.diffaugment.any()) augment_.emplace(wanted.diffaugment);
  if (wanted.consistency > 0) shift_.emplace(ShiftOptions{.share = 0.125, .flip = true});
  if (wanted.replay.share == 0) return;
  require<UsageError>(!takes_labels() && options_.task.answers == 0,
                      "option 'replay': earlier fakes are not of the classes or codes that the model's "
                      "discriminator is to find in a batch");
  const Shape one = generate(latents_from_seeds({0}, draw_)).shape();
  replay_.emplace(Shape{one[1], one[2], one[3]}, wanted.replay, device_);
}

Scalars AdversarialGame::step(const std::vector<Batch>& batches) {
  require<UsageError>(static_cast<int64_t>(batches.size()) == options_.n_critic, "game: a step takes ",
                      options_.n_critic, " batches, got ", batches.size());
  const int64_t finished = finished_steps();
  optimizer_g_->set_lr(options_.lr_g(finished));
  optimizer_d_->set_lr(options_.lr_d(finished));

  std::vector<Tensor> inputs;
  for (const Batch& batch : batches) inputs.push_back(batch.images);
  if (takes_labels()) {
    for (const Batch& batch : batches) {
      require<UsageError>(batch.labels.defined(), "game: a model of classes needs labels");
      inputs.push_back(batch.labels);
    }
  }
  const std::vector<double> numbers = step_(inputs, [this](const auto& given) { return train(given); });
  std::vector<std::string> names = {"loss_d", "loss_g", "d_real", "d_fake"};
  if (options_.penalty.term) names.emplace_back("penalty");
  if (shift_) names.emplace_back("consistency");
  if (options_.task.answers > 0) names.push_back(options_.task.name);
  Scalars scalars;
  for (size_t i = 0; i < numbers.size(); ++i) scalars.emplace_back(names[i], numbers[i]);
  require_finite(scalars, finished + 1, "lower learning rates");
  ++*steps_.data<int64_t>();
  return scalars;
}

Tensor AdversarialGame::train(const std::vector<Tensor>& inputs) {
  const size_t batches = static_cast<size_t>(options_.n_critic);
  Images fake;
  Variable judgement;
  for (size_t i = 0; i < batches; ++i) {
    Images real{.images = inputs[i], .shown = {}};
    if (takes_labels()) real.shown.labels = inputs[batches + i];
    fake = make_fakes(inputs[i].size(0), given(real.shown), i + 1 == batches);
    const Variable shown = fake.images.detach();
    const Variable one =
        update_discriminator(real, {replay_ ? replay_->exchange(shown, noise_) : shown, fake.shown});
    judgement = judgement.defined() ? judgement + one : one;
  }
  const Variable loss_g = update_generator(fake);
  if (ema_) ema_->update();

  const NoGrad no_grad;
  judgement = judgement * (1 / static_cast<double>(batches));
  return concat({slice(judgement, 0, 0, 1), reshape(loss_g, {1}), slice(judgement, 0, 1, judgement.size(0))},
                0)
      .value();
}

AdversarialGame::Images AdversarialGame::make_fakes(int64_t count, const Variable& labels,
                                                    bool for_generator) {
  const GradMode mode(for_generator);
  const Variable latents = draw_(count, latents_, device_);
  return {(*generator_)(latents, labels), {.labels = labels, .latents = latents}};
}

Variable AdversarialGame::update_discriminator(const Images& real_images, const Images& fake_images) {
  const Judged real = judge(real_images, options_.penalty.slope_at_real);
  const Judged fake = judge(fake_images, options_.penalty.slope_at_fake);
  std::pair sides(real.outputs, fake.outputs);
  if (options_.label_noise > 0) sides = swap_sides(real.outputs, fake.outputs, options_.label_noise, noise_);
  const Variable loss = options_.loss.discriminator(sides.first, sides.second);
  const Variable penalty = penalise(real, fake, real_images.shown);
  const Variable consistency = inconsistency(real, real_images);
  const Variable task = task_loss(real, real_images.shown, fake, fake_images.shown);
  Variable total = loss;
  for (const Variable& term : {penalty, consistency, task})
    if (term.defined()) total = total + term;
  minimise(*discriminator_, *optimizer_d_, total, options_.clip_grad);
  if (options_.clip > 0) nn::clip_weights(*discriminator_, options_.clip);

  const NoGrad no_grad;
  Variables shown = {mean_of(loss), mean_of(options_.loss.score(real.outputs)),
                     mean_of(options_.loss.score(fake.outputs))};
  for (const Variable& term : {penalty, consistency, task})
    if (term.defined()) shown.push_back(mean_of(term));
  return concat(shown, 0);
}

Judged AdversarialGame::ask(const Variable& images, const Shown& shown) {
  const Variable said = (*discriminator_)(images, given(shown));
  const int64_t answers = options_.task.answers;
  if (answers == 0) return {.images = images, .outputs = said};
  return {.images = images,
          .outputs = reshape(slice(said, 1, 0, 1), {-1}),
          .answers = slice(said, 1, 1, 1 + answers)};
}

Judged AdversarialGame::judge(const Images& images, bool wants_slope) {
  const Variable seen = augmented(images.images);
  return ask(wants_slope ? Variable(seen.value(), true) : seen, images.shown);
}

Variable AdversarialGame::penalise(const Judged& real, const Judged& fake, const Shown& shown) {
  if (!options_.penalty.term) return {};
  const Critic critic = [&](const Variable& images) { return ask(images, shown).outputs; };
  return options_.penalty_weight * options_.penalty.term(critic, real, fake, noise_);
}

Variable AdversarialGame::inconsistency(const Judged& real, const Images& real_images) {
  if (!shift_) return {};
  const Judged moved = ask((*shift_)(real_images.images, noise_), real_images.shown);
  return options_.stabilisers.consistency * mse_loss(moved.outputs, real.outputs);
}

Variable AdversarialGame::task_loss(const Judged& real, const Shown& shown_by_real, const Judged& fake,
                                    const Shown& shown_by_fake) {
  const AuxiliaryTask& task = options_.task;
  if (task.answers == 0) return {};
  if (!task.of_fake) return task.loss(real.answers, shown_by_real);
  if (!task.of_real) return task.loss(fake.answers, shown_by_fake);
  return task.loss(real.answers, shown_by_real) + task.loss(fake.answers, shown_by_fake);
}

Variable AdversarialGame::update_generator(const Images& fake) {
  const nn::Frozen frozen(*discriminator_);
  const Judged judged = ask(augmented(fake.images), fake.shown);
  const Variable loss = options_.loss.generator(judged.outputs);
  Variable total = loss;
  if (options_.task.by_generator) total = total + options_.task.loss(judged.answers, fake.shown);
  if (options_.orthogonal > 0) total = total + options_.orthogonal * orthogonal_penalty(*generator_);
  minimise(*generator_, *optimizer_g_, total, options_.clip_grad);
  return loss.detach();
}

Tensor AdversarialGame::generate(const Tensor& latents, const Tensor& labels) {
  return generate_images(sampled(), {latent_, classes_}, device_, latents, labels);
}

Variable AdversarialGame::images_from(const Variable& latents, const Tensor& labels) {
  return images_with_gradients(sampled(), {latent_, classes_}, latents, labels);
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
  if (dropout_) put_stream(all, "random.dropout", *dropout_);
  if (replay_) append(all, "replay.", replay_->state());
  all.emplace_back("step", steps_);
  return all;
}

void AdversarialGame::load_state(const NamedTensors& state) {
  const NamedTensors own = this->state();
  nn::load_tensors("load_state", own, state);
  take_stream(own, "random.latents", latents_);
  if (uses_noise()) take_stream(own, "random.discriminator", noise_);
  if (dropout_) take_stream(own, "random.dropout", *dropout_);
  step_.forget();
}

}  // namespace saddle
