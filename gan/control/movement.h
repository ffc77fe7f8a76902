// Which features moved with the one that was to move: features of images are rarely independent, in the data
// or in a generator.
#pragma once
#include <vector>

#include "gan/control/direction.h"

namespace saddle {

/// Pearson's correlation of as many pairs: of deviations from the means, the sum of products by the root of
/// the product of the sums of squares. NaN if one of them does not vary. Throws UsageError for lists of
/// unlike length.
double pearson(const std::vector<double>& x, const std::vector<double>& y);

/// How one number that a classifier gives moved.
struct Moved {
  double change;       ///< from the start to the end, mean over the latents
  double correlation;  ///< over all latents and steps, of its change from the start with the target's
};

struct Movement {
  Moved logit, probability;
};

/// How each of the classifier's classes moved on the journey towards `feature`. Throws UsageError for a class
/// that is none.
std::vector<Movement> movements(const Journey& journey, int64_t feature);

}  // namespace saddle
