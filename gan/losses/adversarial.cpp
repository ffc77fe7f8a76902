#include "gan/losses/adversarial.h"

#include <utility>

#include "autograd/ops.h"

namespace saddle {
namespace {

using Make = AdversarialLoss (*)(const AdversarialLossOptions&);
constexpr std::pair<const char*, Make> losses[] = {{"bce", bce_loss}};

}  // namespace

AdversarialLoss bce_loss(const AdversarialLossOptions& options) {
  const double smoothing = options.label_smoothing;
  require<UsageError>(smoothing >= 0 && smoothing <= 0.5, "bce_loss: label smoothing ", smoothing,
                      " is not in [0, 0.5]");
  return {.discriminator =
              [=](const Variable& real, const Variable& fake) {
                return bce_with_logits(real, 1 - smoothing) + bce_with_logits(fake, 0.0);
              },
          .generator = [](const Variable& fake) { return bce_with_logits(fake, 1.0); },
          .score = sigmoid};
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

}  // namespace saddle
