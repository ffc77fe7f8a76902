// Which modes of a mixture a generator covers, and how well.
#pragma once
#include <string>
#include <vector>

#include "gan/data/mixture.h"
#include "gan/plot/plot.h"

namespace saddle {

/// As Srivastava et al., "VEEGAN", NeurIPS 2017, section 5.1, and Lin et al., "PacGAN", NeurIPS 2018, section
/// 4, measure it: a sample is of high quality if it lies within three standard deviations of a mode, and a
/// mode is covered if such samples lie at it. Here one does not suffice: a mode needs a tenth of its even
/// share.
struct ModeCoverage {
  std::vector<int64_t> counts;  ///< samples of high quality at each mode
  int64_t samples = 0;          ///< in all

  int64_t modes() const { return static_cast<int64_t>(counts.size()); }
  int64_t covered() const;
  /// Share of samples of high quality; for samples of the mixture itself 1 - e^-4.5 = 98.9 %.
  double quality() const;
};

/// Of points f32 [N, 2, 1, 1]. Throws ShapeError for others.
ModeCoverage mode_coverage(const Mixture& mixture, const Tensor& points);

/// `25 of 25 modes, 93.4 % within 3 sigma`.
std::string describe(const ModeCoverage& coverage);

/// Points f32 [N, 2, 1, 1] over as many of the mixture's own, in grey.
Plot plot_points(const std::string& title, const Mixture& mixture, const Tensor& points);

}  // namespace saddle
