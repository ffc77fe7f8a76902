#include "gan/losses/adversarial.h"

#include "autograd/ops.h"

namespace saddle {
namespace {

using Make = AdversarialLoss (*)(const AdversarialLossOptions&);
constexpr std::pair<const char*, Make> losses[] = {{"bce", bce_loss},
                                                   {"minimax", minimax_loss},
                                                   {"lsgan", least_squares_loss},
                                                   {"wasserstein", wasserstein_loss},
                                                   {"hinge", hinge_loss},
                                                   {"logistic", logistic_loss}};

/// The target of real images.
double real_target(const char* loss, const AdversarialLossOptions& options) {
  const double smoothing = options.label_smoothing;
  require<UsageError>(smoothing >= 0 && smoothing <= 0.5, loss, ": label smoothing ", smoothing,
                      " is not in [0, 0.5]");
  return 1 - smoothing;
}

void refuse_smoothing(const char* loss, const AdversarialLossOptions& options) {
  require<UsageError>(options.label_smoothing == 0, loss, ": label smoothing ", options.label_smoothing,
                      ": this loss has no target for real images that could be smoothed");
}

Variable raw(const Variable& output) {
  return output;
}

}  // namespace

AdversarialLoss bce_loss(const AdversarialLossOptions& options) {
  const double target = real_target("bce_loss", options);
  return {.discriminator =
              [=](const Variable& real, const Variable& fake) {
                return bce_with_logits(real, target) + bce_with_logits(fake, 0.0);
              },
          .generator = [](const Variable& fake) { return bce_with_logits(fake, 1.0); },
          .score = sigmoid};
}

AdversarialLoss minimax_loss(const AdversarialLossOptions& options) {
  AdversarialLoss loss = bce_loss(options);
  loss.generator = [](const Variable& fake) { return -bce_with_logits(fake, 0.0); };
  return loss;
}

AdversarialLoss least_squares_loss(const AdversarialLossOptions& options) {
  const double target = real_target("least_squares_loss", options);
  return {.discriminator =
              [=](const Variable& real, const Variable& fake) {
                return 0.5 * (mse_loss(real, target) + mse_loss(fake, 0.0));
              },
          .generator = [](const Variable& fake) { return 0.5 * mse_loss(fake, 1.0); },
          .score = raw};
}

AdversarialLoss wasserstein_loss(const AdversarialLossOptions& options) {
  refuse_smoothing("wasserstein_loss", options);
  return {.discriminator = [](const Variable& real, const Variable& fake) { return mean(fake) - mean(real); },
          .generator = [](const Variable& fake) { return -mean(fake); },
          .score = raw};
}

AdversarialLoss hinge_loss(const AdversarialLossOptions& options) {
  refuse_smoothing("hinge_loss", options);
  return {.discriminator = [](const Variable& real,
                              const Variable& fake) { return hinge(real, 1) + hinge(fake, -1); },
          .generator = [](const Variable& fake) { return -mean(fake); },
          .score = raw};
}

AdversarialLoss logistic_loss(const AdversarialLossOptions& options) {
  refuse_smoothing("logistic_loss", options);
  return {.discriminator =
              [](const Variable& real, const Variable& fake) {
                return bce_with_logits(real, 1.0) + bce_with_logits(fake, 0.0);
              },
          .generator = [](const Variable& fake) { return bce_with_logits(fake, 1.0); },
          .score = raw};
}

std::vector<std::string> adversarial_losses() {
  std::vector<std::string> names;
  for (const auto& [name, make] : losses) names.push_back(name);
  return names;
}

AdversarialLoss adversarial_loss(const std::string& name, const AdversarialLossOptions& options) {
  for (const auto& [known, make] : losses)
    if (name == known) return make(options);
  throw UsageError("there is no adversarial loss '" + name + "'");
}

std::pair<Variable, Variable> swap_sides(const Variable& real, const Variable& fake, double probability,
                                         Generator& random) {
  require(real.shape() == fake.shape() && real.dtype() == fake.dtype(), "swap_sides: outputs for real are ",
          real.dtype(), real.shape(), ", for fake ", fake.dtype(), fake.shape());
  require<UsageError>(probability >= 0 && probability <= 1, "swap_sides: probability ", probability,
                      " is not in [0, 1]");
  const Variable u =
      random_uniform(real.shape(), random, 0, 1, {.dtype = real.dtype(), .device = real.device()});
  const Variable swapped = lt(u, full_like(u, probability));
  return {where(swapped, fake, real), where(swapped, real, fake)};
}

}  // namespace saddle
