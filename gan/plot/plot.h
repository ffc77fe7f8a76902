// Plots as pixels: points and lines of several series between axes, with a legend.
//
//   write_png("accuracy.png", draw({.title = "Accuracy by share of real images",
//                                   .x_label = "p_real",
//                                   .y_label = "accuracy",
//                                   .series = {{.x = shares, .y = accuracies, .mark = Mark::both}}}));
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "gan/plot/canvas.h"

namespace saddle {

enum class Mark { points, line, both };

struct Series {
  std::vector<double> x, y;  ///< pairs of which one is not finite are left out, and part the line
  std::string label = {};    ///< in the legend; empty: not there
  Mark mark = Mark::points;
  std::optional<Colour> colour = {};  ///< none: the series' place in series_colour()
  double size = 2;                    ///< radius of a point and width of a line, in pixels
};

struct Range {
  double low, high;
};

struct Plot {
  std::string title = {}, x_label = {}, y_label = {};
  std::vector<Series> series = {};      ///< later ones over earlier ones
  std::optional<Range> x = {}, y = {};  ///< what the axes span; none: the data and a little more
  int64_t width = 800, height = 600;    ///< of the whole, in pixels
};

/// u8 [height, width, 3], for write_png: a function of the plot alone. Throws UsageError for a series whose x
/// and y differ in length, a range that is empty or not finite, and a plot too small for its axes.
Tensor draw(const Plot& plot);
/// Plots side by side, `columns` a row. Each has its own extents; throws UsageError unless they agree.
Tensor draw(const std::vector<Plot>& plots, int64_t columns);

/// Colours that most colour-blind readers can tell apart: black last, then again from the first (Wong,
/// "Points of view: Color blindness", Nature Methods 2011).
Colour series_colour(size_t i);

/// Round numbers within the range, some `wanted` of them, evenly apart by 1, 2 or 5 times a power of ten.
std::vector<double> ticks(const Range& range, int64_t wanted);

}  // namespace saddle
