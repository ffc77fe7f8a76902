// Adversarial objectives: what discriminator and generator minimise, given the discriminator's raw outputs.
// Games take one and know no formula.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "autograd/variable.h"

namespace saddle {

struct AdversarialLoss {
  /// Given the outputs for real and for fake images, each [N], the discriminator's loss, a scalar.
  std::function<Variable(const Variable& real, const Variable& fake)> discriminator;
  /// Given the outputs for fake images, the generator's loss, a scalar.
  std::function<Variable(const Variable& fake)> generator;
  /// Elementwise, how real the discriminator takes images to be: only to be shown.
  std::function<Variable(const Variable& output)> score;
};

struct AdversarialLossOptions {
  double label_smoothing = 0;  ///< in [0, 0.5]
};

/// Binary cross-entropy on logits. The discriminator tells real (target 1 - label_smoothing) from fake
/// (target 0); smoothing is one-sided, as Salimans et al., "Improved Techniques for Training GANs", NeurIPS
/// 2016, section 3.4, advise. The generator's loss is the non-saturating one of Goodfellow et al., NeurIPS
/// 2014, section 3: -log D(fake). Scores are probabilities. Throws UsageError for options out of range.
AdversarialLoss bce_loss(const AdversarialLossOptions& options = {});

/// The names that adversarial_loss knows.
std::vector<std::string> adversarial_losses();
/// The objective of that name; throws UsageError for any other.
AdversarialLoss adversarial_loss(const std::string& name, const AdversarialLossOptions& options = {});

}  // namespace saddle
