// Adversarial examples: images changed by little, so that a classifier takes them for something else.
#pragma once
#include "core/random.h"
#include "gan/classifier.h"

namespace saddle {

/// Distances are those of pixels from 0 to 1, as in the papers: half of what they are for images in [-1, 1].
struct AttackOptions {
  double eps = 0.1;    ///< greatest change of a pixel
  double step = 0.01;  ///< change of each pixel in one step
  int64_t steps = 40;
  bool random_start = true;  ///< begin anywhere within eps
};

/// x + eps sign(grad_x J(x, y)), J the cross entropy: the fast gradient sign method (Goodfellow, Shlens and
/// Szegedy, "Explaining and Harnessing Adversarial Examples", ICLR 2015, section 4).
AttackOptions fgsm(double eps);
/// Projected gradient descent on the negative loss (Madry et al., "Towards Deep Learning Models Resistant to
/// Adversarial Attacks", ICLR 2018, section 2.1): steps of that kind, each brought back to within eps. The
/// defaults of AttackOptions are the paper's for MNIST but for eps, which is 0.3 there.
AttackOptions pgd(double eps, double step, int64_t steps);

/// The attacked images f32 [N, C, H, W], on the host, within eps of `images` and in [-1, 1]; `labels` i64 [N]
/// are the true ones. Draws from `random` if the start is random. Throws UsageError unless eps, step and
/// steps are positive.
Tensor attack(Classifier& classifier, const Tensor& images, const Tensor& labels,
              const AttackOptions& options, Generator& random);

}  // namespace saddle
