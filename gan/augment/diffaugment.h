// Differentiable augmentation: Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training",
// NeurIPS 2020. The discriminator sees no image, real or fake, but through a random transformation T, and the
// generator learns through it: D(T(x)), D(T(G(z))) in both networks' losses.
#pragma once
#include <string>

#include "gan/augment/shift.h"

namespace saddle {

/// What is done, in this order; the authors' strengths.
struct DiffAugmentPolicy {
  /// Brightness: x + b, b in ±1/2. Saturation: colours go s times as far from their pixel's mean, s in 0
  /// to 2. Contrast: pixels go c times as far from the image's mean, c in 1/2 to 3/2. All uniform, one an
  /// image.
  bool color = false;
  bool translation = false;  ///< RandomShift by up to 1/8 of the image
  bool cutout = false;       ///< a square of half the image's height and width becomes 0

  bool any() const { return color || translation || cutout; }
};

/// From a list as `color,translation,cutout`, in any order; `none`: nothing. Throws UsageError for other
/// words.
DiffAugmentPolicy diffaugment_policy(const std::string& text);

class DiffAugment {
 public:
  explicit DiffAugment(DiffAugmentPolicy policy) : policy_(policy), shift_({.share = 0.125}) {}

  /// T(x) for images f32 [N,C,H,W], a T of its own for each. All draws happen on the device.
  Variable operator()(const Variable& x, Generator& random);

 private:
  Variable cut_out(const Variable& x, Generator& random);

  DiffAugmentPolicy policy_;
  RandomShift shift_;
  Places places_;
};

}  // namespace saddle
