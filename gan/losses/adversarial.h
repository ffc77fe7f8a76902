// Adversarial objectives: what discriminator and generator minimise, given the discriminator's raw outputs.
// Games take one and know no formula.
#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "autograd/variable.h"
#include "core/random.h"

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
  /// The target of real images falls by this share, in [0, 0.5], where the loss has a target: one-sided, as
  /// Salimans et al., "Improved Techniques for Training GANs", NeurIPS 2016, section 3.4, advise.
  double label_smoothing = 0;
};

// All throw UsageError for options out of range; those without targets also for a label smoothing. D is the
// raw output, sigma the logistic function; each term is a mean over images.

/// Binary cross-entropy on logits. The discriminator tells real (target 1 - label_smoothing) from fake
/// (target 0). The generator's loss is the non-saturating one of Goodfellow et al., "Generative Adversarial
/// Nets", NeurIPS 2014, section 3: -log sigma(D(fake)). Scores are probabilities.
AdversarialLoss bce_loss(const AdversarialLossOptions& options = {});
/// As bce, but the generator minimises what the discriminator maximises, log(1 - sigma(D(fake))): the game of
/// Goodfellow et al. 2014, equation 1, whose gradient vanishes where fakes are told with confidence.
AdversarialLoss minimax_loss(const AdversarialLossOptions& options = {});
/// Least squares: Mao et al., "Least Squares Generative Adversarial Networks", ICCV 2017, equation 9:
/// (D(real) - b)^2 / 2 + D(fake)^2 / 2 with b = 1 - label_smoothing, and (D(fake) - 1)^2 / 2. Scores are raw.
AdversarialLoss least_squares_loss(const AdversarialLossOptions& options = {});
/// The distance that a critic of bounded slope measures: D(fake) - D(real), and -D(fake) (Arjovsky, Chintala
/// and Bottou, "Wasserstein Generative Adversarial Networks", ICML 2017, equations 2 and 3). Scores are raw.
AdversarialLoss wasserstein_loss(const AdversarialLossOptions& options = {});
/// max(0, 1 - D(real)) + max(0, 1 + D(fake)), and -D(fake) (Lim and Ye, "Geometric GAN", arXiv:1705.02894;
/// Miyato et al., "Spectral Normalization for GANs", ICLR 2018, equations 16 and 17). Scores are raw.
AdversarialLoss hinge_loss(const AdversarialLossOptions& options = {});
/// softplus(-D(real)) + softplus(D(fake)), and softplus(-D(fake)), as Karras et al., "A Style-Based Generator
/// Architecture for GANs", CVPR 2019, have it with R1: bce without a target, and with raw scores.
AdversarialLoss logistic_loss(const AdversarialLossOptions& options = {});

/// The names that adversarial_loss knows.
std::vector<std::string> adversarial_losses();
/// The objective of that name; throws UsageError for any other.
AdversarialLoss adversarial_loss(const std::string& name, const AdversarialLossOptions& options = {});

/// Noisy labels: with this probability, in [0, 1], the outputs for a real and for a fake image, both [N],
/// change sides, so that a discriminator cannot grow sure of itself (Chintala et al., "How to Train a GAN?",
/// NeurIPS 2016 workshop on adversarial training, advice 6). Gives real and fake; works with any loss.
std::pair<Variable, Variable> swap_sides(const Variable& real, const Variable& fake, double probability,
                                         Generator& random);

}  // namespace saddle
