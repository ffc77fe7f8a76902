#include "gan/plot/plot.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "core/error.h"
#include "gan/plot/font.h"

namespace saddle {
namespace {

constexpr Colour ink{0.15, 0.15, 0.15}, grid_ink{0.9, 0.9, 0.9};
constexpr int64_t scale = 2, line_height = (glyph_height + 4) * scale, gap = 4 * scale;
/// Pixels between two ticks, and the least extent of the area inside the axes.
constexpr int64_t tick_distance = 90, least_extent = 50;
/// Share of the data's extent that an axis adds at both ends.
constexpr double margin = 0.04;

std::string number(double value, double step) {
  const int digits = std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
  std::ostringstream text;
  const double size = std::max(std::abs(value), step);
  if (size >= 1e6 || step < 1e-5)
    text << std::setprecision(4) << value;
  else
    text << std::fixed << std::setprecision(digits) << (std::abs(value) < step / 2 ? 0.0 : value);
  return text.str();
}

bool is_finite(const Series& series, size_t i) {
  return std::isfinite(series.x[i]) && std::isfinite(series.y[i]);
}

Range range_of(const Plot& plot, const std::optional<Range>& given, std::vector<double> Series::*values) {
  if (given) {
    require<UsageError>(std::isfinite(given->low) && std::isfinite(given->high) && given->low < given->high,
                        "plot: from ", given->low, " to ", given->high, " is no range");
    return *given;
  }
  std::optional<Range> all;
  for (const Series& series : plot.series)
    for (size_t i = 0; i < series.x.size(); ++i) {
      if (!is_finite(series, i)) continue;
      const double value = (series.*values)[i];
      all = all ? Range{std::min(all->low, value), std::max(all->high, value)} : Range{value, value};
    }
  if (!all) return {0, 1};
  const double extent = all->high - all->low;
  const double more = extent > 0 ? margin * extent : std::max(1.0, std::abs(all->low)) / 2;
  return {all->low - more, all->high + more};
}

/// One plot on its way onto a canvas.
class Drawing {
 public:
  Drawing(const Plot& plot, Canvas& canvas, int64_t left, int64_t top)
      : plot_(plot),
        canvas_(canvas),
        whole_{left, top, left + plot.width, top + plot.height},
        x_(range_of(plot, plot.x, &Series::x)),
        y_(range_of(plot, plot.y, &Series::y)) {
    area_ = whole_;
    area_.top += gap + (plot.title.empty() ? 0 : line_height);
    area_.bottom -= gap + line_height + (plot.x_label.empty() ? 0 : line_height);
    require<UsageError>(area_.height() >= least_extent, "plot: ", plot.height, " pixels are too low");
    y_ticks_ = ticks(y_, std::max<int64_t>(area_.height() / tick_distance, 2));
    int64_t widest = 0;
    for (const double at : y_ticks_) widest = std::max(widest, width_of(number(at, step(y_ticks_))));
    area_.left += widest + 2 * gap + (plot.y_label.empty() ? 0 : line_height);
    area_.right -= 2 * gap;
    require<UsageError>(area_.width() >= least_extent, "plot: ", plot.width, " pixels are too narrow");
    x_ticks_ = ticks(x_, std::max<int64_t>(area_.width() / tick_distance, 2));
  }

  void draw() {
    axes();
    canvas_.clip(area_);
    for (size_t i = 0; i < plot_.series.size(); ++i) series(plot_.series[i], colour_of(i));
    legend();
    canvas_.clip(whole_);
    frame();
  }

 private:
  static int64_t width_of(const std::string& text) { return Canvas::text_width(text, scale); }
  static double step(const std::vector<double>& ticks) { return ticks.size() > 1 ? ticks[1] - ticks[0] : 1; }
  Colour colour_of(size_t i) const { return plot_.series[i].colour.value_or(series_colour(i)); }

  double to_x(double x) const {
    return static_cast<double>(area_.left) +
           (x - x_.low) / (x_.high - x_.low) * static_cast<double>(area_.width());
  }
  double to_y(double y) const {
    return static_cast<double>(area_.bottom) -
           (y - y_.low) / (y_.high - y_.low) * static_cast<double>(area_.height());
  }

  void axes() {
    canvas_.clip(whole_);
    for (const double at : x_ticks_) {
      const auto x = static_cast<int64_t>(to_x(at));
      const std::string text = number(at, step(x_ticks_));
      canvas_.fill({x, area_.top, x + 1, area_.bottom}, grid_ink);
      canvas_.text(x - width_of(text) / 2, area_.bottom + gap, text, ink, scale);
    }
    for (const double at : y_ticks_) {
      const auto y = static_cast<int64_t>(to_y(at));
      const std::string text = number(at, step(y_ticks_));
      canvas_.fill({area_.left, y, area_.right, y + 1}, grid_ink);
      canvas_.text(area_.left - gap - width_of(text), y - glyph_height * scale / 2, text, ink, scale);
    }
    const int64_t middle = (area_.left + area_.right) / 2;
    canvas_.text(middle - width_of(plot_.title) / 2, whole_.top + gap, plot_.title, ink, scale);
    canvas_.text(middle - width_of(plot_.x_label) / 2, whole_.bottom - line_height, plot_.x_label, ink,
                 scale);
    canvas_.text(whole_.left + gap, (area_.top + area_.bottom + width_of(plot_.y_label)) / 2, plot_.y_label,
                 ink, scale, true);
  }

  void series(const Series& series, const Colour& colour) {
    std::vector<Spot> run;
    const auto finish_run = [&] {
      if (series.mark != Mark::points && run.size() > 1) canvas_.line(run, series.size, colour);
      if (series.mark != Mark::line)
        for (const Spot& spot : run)
          canvas_.disc(spot, series.mark == Mark::both ? 2 * series.size : series.size, colour);
      run.clear();
    };
    for (size_t i = 0; i < series.x.size(); ++i)
      if (is_finite(series, i))
        run.push_back({to_x(series.x[i]), to_y(series.y[i])});
      else
        finish_run();
    finish_run();
  }

  /// In the corner with the fewest points under it.
  void legend() {
    int64_t rows = 0, widest = 0;
    for (const Series& series : plot_.series)
      if (!series.label.empty()) {
        ++rows;
        widest = std::max(widest, width_of(series.label));
      }
    if (rows == 0) return;
    const int64_t width = widest + line_height + 2 * gap, height = rows * line_height + gap;
    const std::array<Spot, 4> corners = {
        Spot{1, 0}, {0, 0}, {1, 1}, {0, 1}};  // 0: left or top, 1: right or bottom
    const auto box_at = [&](const Spot& corner) {
      const int64_t left = corner.x == 0 ? area_.left + gap : area_.right - gap - width;
      const int64_t top = corner.y == 0 ? area_.top + gap : area_.bottom - gap - height;
      return Box{left, top, left + width, top + height};
    };
    const Box box = box_at(*std::ranges::min_element(
        corners, {}, [&](const Spot& corner) { return points_in(box_at(corner)); }));
    canvas_.fill(box, {1, 1, 1, 0.85});
    int64_t y = box.top + gap;
    for (size_t i = 0; i < plot_.series.size(); ++i) {
      const Series& shown = plot_.series[i];
      if (shown.label.empty()) continue;
      Colour colour = colour_of(i);
      colour.alpha = 1;
      const double middle = static_cast<double>(y) + glyph_height * scale / 2.0;
      const auto start = static_cast<double>(box.left + gap);
      if (shown.mark != Mark::points)
        canvas_.line({{start, middle}, {start + glyph_height * scale, middle}}, 3, colour);
      if (shown.mark != Mark::line) canvas_.disc({start + glyph_height * scale / 2.0, middle}, 5, colour);
      canvas_.text(box.left + gap + line_height, y, shown.label, ink, scale);
      y += line_height;
    }
  }

  int64_t points_in(const Box& box) const {
    int64_t count = 0;
    for (const Series& series : plot_.series)
      for (size_t i = 0; i < series.x.size(); ++i) {
        if (!is_finite(series, i)) continue;
        const double x = to_x(series.x[i]), y = to_y(series.y[i]);
        count += x >= static_cast<double>(box.left) && x < static_cast<double>(box.right) &&
                 y >= static_cast<double>(box.top) && y < static_cast<double>(box.bottom);
      }
    return count;
  }

  void frame() {
    canvas_.fill({area_.left - 1, area_.top, area_.left + 1, area_.bottom + 1}, ink);
    canvas_.fill({area_.left - 1, area_.bottom - 1, area_.right, area_.bottom + 1}, ink);
  }

  const Plot& plot_;
  Canvas& canvas_;
  Box whole_, area_{};  // the plot, and what lies inside its axes
  Range x_, y_;
  std::vector<double> x_ticks_, y_ticks_;
};

}  // namespace

Tensor draw(const Plot& plot) {
  return draw(std::vector{plot}, 1);
}

Tensor draw(const std::vector<Plot>& plots, int64_t columns) {
  require<UsageError>(!plots.empty() && columns >= 1, "plot: ", plots.size(), " plots in ", columns,
                      " columns");
  const auto [first, count] = std::pair(plots.front(), static_cast<int64_t>(plots.size()));
  columns = std::min(columns, count);
  Canvas canvas(columns * first.width, (count + columns - 1) / columns * first.height);
  for (int64_t i = 0; i < count; ++i) {
    const Plot& plot = plots[static_cast<size_t>(i)];
    require<UsageError>(plot.width == first.width && plot.height == first.height, "plot: ", plot.width, 'x',
                        plot.height, " beside ", first.width, 'x', first.height);
    for (const Series& series : plot.series)
      require<UsageError>(series.x.size() == series.y.size(), "plot: series '", series.label, "' has ",
                          series.x.size(), " x and ", series.y.size(), " y");
    Drawing(plot, canvas, i % columns * first.width, i / columns * first.height).draw();
  }
  return canvas.pixels();
}

Colour series_colour(size_t i) {
  static constexpr std::array<Colour, 8> colours = {
      Colour{0.0, 0.447, 0.698}, {0.835, 0.369, 0.0},   {0.0, 0.620, 0.451},   {0.8, 0.475, 0.655},
      {0.902, 0.624, 0.0},       {0.337, 0.706, 0.914}, {0.941, 0.894, 0.259}, {0.0, 0.0, 0.0}};
  return colours[i % colours.size()];
}

std::vector<double> ticks(const Range& range, int64_t wanted) {
  const double raw = (range.high - range.low) / static_cast<double>(wanted);
  const double power = std::pow(10, std::floor(std::log10(raw)));
  const double step = power * (raw <= 1.5 * power ? 1 : raw <= 3.5 * power ? 2 : raw <= 7.5 * power ? 5 : 10);
  std::vector<double> places;
  for (double k = std::ceil(range.low / step - 1e-9); k * step <= range.high + 1e-9 * step; ++k)
    places.push_back(k * step);
  return places;
}

}  // namespace saddle
