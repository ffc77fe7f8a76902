// Which way to move a latent so that its image gains what a classifier sees: gradient ascent through the
// classifier and the generator.
#pragma once
#include <vector>

#include "gan/classifier.h"

namespace saddle {

struct DirectionOptions {
  int64_t feature = 0;             ///< the classifier's class whose logit rises
  std::vector<int64_t> hold = {};  ///< classes whose logits are to stay
  double angle = 0.1;              ///< of each step, seen from the origin
  int64_t steps = 8;
};

/// What a batch of latents became, and what the classifier said of their images: at the start and after each
/// step, on the host.
struct Journey {
  std::vector<Tensor> latents;  ///< f32 [N, latent...]
  std::vector<Tensor> logits;   ///< f32 [N, classes]

  int64_t steps() const { return static_cast<int64_t>(latents.size()) - 1; }
};

/// Moves the standard normal numbers of latents f32 [N, latent...] (Game::normal_numbers) on the sphere about
/// the origin on which they lie, as normal latents do lie close to one, each along its own gradient of the
/// logit. The step goes the way that is orthogonal to the gradients of the logits held: the conditional
/// manipulation of Shen et al., "Interpreting the Latent Space of GANs for Semantic Face Editing", CVPR 2020,
/// section 3.3, with the gradients there in place of one hyperplane's normal for all latents. A latent from
/// which no way leads up stays. `labels` i64 [N] where the generator knows classes. Generator and classifier
/// lie on one device; their images must agree. Throws UsageError for classes that the classifier does not
/// know, for a feature that is held, for more that are held than leave a direction, for an angle outside (0,
/// pi / 2] and without steps.
Journey follow_direction(Game& generator, Classifier& classifier, const Tensor& latents, const Tensor& labels,
                         const DirectionOptions& options);

}  // namespace saddle
