#include "gan/modes.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <numeric>
#include <sstream>

namespace saddle {
namespace {

/// In standard deviations.
constexpr double reach = 3;
/// A mode that has one in so many of its even share of samples is covered.
constexpr int64_t share_needed = 10;
/// The mixture's greatest coordinate takes up this much of a plot.
constexpr double filled = 0.75;

Tensor checked(const Tensor& points) {
  require(points.defined() && points.dtype() == DType::f32 && points.rank() == 4 && points.size(0) > 0 &&
              points.shape() == Shape{points.size(0), 2, 1, 1},
          "modes: needs f32 points [N,2,1,1], got ", points.dtype(), points.shape());
  return points.to(Device{});
}

Series series_of(const Tensor& points, std::string label, const Colour& colour) {
  Series series{.x = {}, .y = {}, .label = std::move(label), .colour = colour};
  const auto* p = points.data<float>();
  for (int64_t i = 0; i < points.size(0); ++i, p += 2) {
    series.x.push_back(p[0]);
    series.y.push_back(p[1]);
  }
  return series;
}

}  // namespace

int64_t ModeCoverage::covered() const {
  return std::ranges::count_if(
      counts, [&](int64_t count) { return count > 0 && share_needed * modes() * count >= samples; });
}

double ModeCoverage::quality() const {
  return static_cast<double>(std::accumulate(counts.begin(), counts.end(), int64_t{0})) /
         static_cast<double>(samples);
}

ModeCoverage mode_coverage(const Mixture& mixture, const Tensor& points) {
  const Tensor host = checked(points);
  ModeCoverage coverage{std::vector<int64_t>(mixture.centres.size()), host.size(0)};
  const auto* p = host.data<float>();
  for (int64_t i = 0; i < host.size(0); ++i, p += 2)
    for (size_t mode = 0; mode < mixture.centres.size(); ++mode) {
      const auto& centre = mixture.centres[mode];
      // Modes lie further apart than twice the reach: a sample is at one of them at most.
      coverage.counts[mode] += std::hypot(p[0] - centre[0], p[1] - centre[1]) <= reach * mixture.deviation;
    }
  return coverage;
}

std::string describe(const ModeCoverage& coverage) {
  std::ostringstream text;
  text << coverage.covered() << " of " << coverage.modes() << " modes, " << std::fixed << std::setprecision(1)
       << 100 * coverage.quality() << " % within 3 sigma";
  return text.str();
}

Plot plot_points(const std::string& title, const Mixture& mixture, const Tensor& points) {
  double greatest = 0;
  for (const auto& [x, y] : mixture.centres) greatest = std::max({greatest, std::abs(x), std::abs(y)});
  const Range range{-greatest / filled, greatest / filled};
  const Tensor host = checked(points);
  return {.title = title,
          .series = {series_of(points_of(mixture, host.size(0)), "real", {0.5, 0.5, 0.5, 0.4}),
                     series_of(host, "generated", {0.835, 0.369, 0.0, 0.6})},
          .x = range,
          .y = range,
          .width = 640,
          .height = 640};
}

}  // namespace saddle
