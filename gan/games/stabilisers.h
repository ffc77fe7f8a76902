// Options that keep a game stable, beside objective and penalty, and what is made of their values.
#pragma once
#include <vector>

#include "gan/augment/diffaugment.h"
#include "gan/games/replay.h"
#include "gan/networks/extras.h"
#include "gan/settings.h"

namespace saddle {

/// What a game does to the images that its discriminator is shown.
struct Stabilisers {
  DiffAugmentPolicy diffaugment = {};
  ReplayOptions replay = {};
  /// Weight of consistency regularisation (Zhang et al., "Consistency Regularization for Generative
  /// Adversarial Networks", ICLR 2020, equation 2): the mean over real images of (D(x) - D(T(x)))^2, T
  /// mirroring and moving by up to 1/8 of the image. 0: none; 10 in the paper.
  double consistency = 0;
};

/// Of all models: `diffaugment`, `replay`, `replay-size`, `consistency`.
std::vector<Option> stabiliser_options();
/// Throws UsageError that names the option and the reason where options make no sense together, or for the
/// data.
Stabilisers stabilisers(const Settings& settings);

/// Of models whose discriminator takes them: `minibatch-stddev`, `minibatch-discrimination`, `d-dropout`.
std::vector<Option> extras_options();
/// As `stabilisers`.
DiscriminatorExtras discriminator_extras(const Settings& settings);

}  // namespace saddle
