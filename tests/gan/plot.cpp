// Plots: where marks lie, what text looks like, and which numbers stand at axes.
#include "gan/plot/plot.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <set>

#include "core/error.h"
#include "gan/plot/font.h"

using namespace saddle;

namespace {

constexpr Colour red{1, 0, 0};

/// The pixel's three parts.
std::vector<int> at(const Tensor& pixels, int64_t x, int64_t y) {
  const auto* p = pixels.data<uint8_t>() + 3 * (y * pixels.size(1) + x);
  return {p[0], p[1], p[2]};
}

const std::vector<int> white = {255, 255, 255}, full_red = {255, 0, 0};

/// How much of the picture is red, in pixels.
double redness(const Tensor& pixels) {
  double sum = 0;
  for (int64_t y = 0; y < pixels.size(0); ++y)
    for (int64_t x = 0; x < pixels.size(1); ++x) sum += (at(pixels, x, y)[0] - at(pixels, x, y)[1]) / 255.0;
  return sum;
}

/// The mean place of what is red.
Spot red_centre(const Tensor& pixels) {
  Spot sum{0, 0};
  for (int64_t y = 0; y < pixels.size(0); ++y)
    for (int64_t x = 0; x < pixels.size(1); ++x) {
      const double share = (at(pixels, x, y)[0] - at(pixels, x, y)[1]) / 255.0;
      sum.x += share * (static_cast<double>(x) + 0.5);
      sum.y += share * (static_cast<double>(y) + 0.5);
    }
  return {sum.x / redness(pixels), sum.y / redness(pixels)};
}

Plot one_point(double x, double y) {
  return {.series = {{.x = {x}, .y = {y}, .colour = red, .size = 5}}, .x = Range{0, 1}, .y = Range{0, 1}};
}

}  // namespace

TEST_CASE("discs and lines have their area, once where they overlap", "[gan][plot]") {
  Canvas canvas(100, 100);
  canvas.disc({40.3, 50.8}, 10, red);
  CHECK(redness(canvas.pixels()) == Approx(M_PI * 100).epsilon(0.01));
  CHECK(red_centre(canvas.pixels()).x == Approx(40.3).margin(0.05));
  CHECK(red_centre(canvas.pixels()).y == Approx(50.8).margin(0.05));

  Canvas lines(100, 100);
  const Colour faint{1, 0, 0, 0.5};
  lines.line({{10, 20}, {90, 20}, {10, 20}}, 4, faint);
  // There and back is no more than there; the ends are round.
  CHECK(redness(lines.pixels()) == Approx(0.5 * (80 * 4 + M_PI * 4)).epsilon(0.02));
}

TEST_CASE("nothing is drawn outside the clip or the canvas", "[gan][plot]") {
  Canvas canvas(20, 10);
  canvas.clip({5, 2, 10, 8});
  canvas.fill({-100, -100, 100, 100}, red);
  CHECK(redness(canvas.pixels()) == 5 * 6);
  canvas.clip({-5, -5, 500, 500});
  canvas.line({{-1e9, 5}, {1e9, 5}}, 1, {0, 0, 1});
  canvas.text(-8, -3, "WWW", red, 2);
  CHECK(at(canvas.pixels(), 15, 9) == white);
  CHECK_THROWS_AS(Canvas(0, 5), UsageError);
  CHECK_THROWS_WITH(Canvas(5, 16385), "canvas: 5x16385 pixels are not from 1 to 16384 each way");
}

TEST_CASE("every printable character has a glyph of its own", "[gan][plot]") {
  std::set<std::vector<bool>> seen;
  for (char c = ' '; c <= '~'; ++c) {
    std::vector<bool> dots;
    for (int y = 0; y < glyph_height; ++y)
      for (int x = 0; x < glyph_width; ++x) dots.push_back(glyph_dot(c, x, y));
    INFO(c);
    CHECK(seen.insert(dots).second);
  }
  CHECK(glyph_dot('\n', 2, 6) == glyph_dot('?', 2, 6));
  CHECK(glyph_dot('L', 0, 0));
  CHECK(glyph_dot('L', 4, 6));
  CHECK(!glyph_dot('L', 4, 0));
}

TEST_CASE("text reads to the right, or upwards", "[gan][plot]") {
  CHECK(Canvas::text_width("") == 0);
  CHECK(Canvas::text_width("ab", 2) == 22);
  Canvas canvas(40, 40);
  canvas.text(3, 5, "L", red, 2);
  CHECK(at(canvas.pixels(), 3, 5) == full_red);
  CHECK(at(canvas.pixels(), 12, 18) == full_red);  // the end of the foot
  CHECK(at(canvas.pixels(), 12, 5) == white);
  Canvas turned(40, 40);
  turned.text(3, 30, "L", red, 2, true);
  CHECK(at(turned.pixels(), 3, 29) == full_red);   // the head, at the left end of the turned foot
  CHECK(at(turned.pixels(), 16, 20) == full_red);  // the end of the foot
  CHECK(at(turned.pixels(), 3, 20) == white);
  CHECK(redness(turned.pixels()) == redness(canvas.pixels()));
}

TEST_CASE("ticks are round numbers within the range", "[gan][plot]") {
  using Places = std::vector<double>;
  CHECK(ticks({0, 1}, 5) == Places{0, 0.2, 0.4, 3 * 0.2, 0.8, 1});
  CHECK(ticks({-2.2, 2.2}, 5) == Places{-2, -1, 0, 1, 2});
  CHECK(ticks({990, 2010}, 4) == Places{1000, 1200, 1400, 1600, 1800, 2000});
  CHECK(ticks({1e-6, 3e-6}, 4).size() >= 4);
}

TEST_CASE("marks lie where their numbers say", "[gan][plot]") {
  const Spot low = red_centre(draw(one_point(0.25, 0.25))), high = red_centre(draw(one_point(0.75, 0.75))),
             middle = red_centre(draw(one_point(0.5, 0.5)));
  CHECK(low.x < high.x);
  CHECK(low.y > high.y);
  CHECK(middle.x == Approx((low.x + high.x) / 2).margin(0.1));
  CHECK(middle.y == Approx((low.y + high.y) / 2).margin(0.1));
  CHECK(redness(draw(one_point(0.5, 0.5))) == Approx(M_PI * 25).epsilon(0.02));
  CHECK(redness(draw(one_point(2, 0.5))) == 0);  // outside the axes

  // The same beside another plot.
  const Tensor two = draw({Plot{.x = Range{0, 1}, .y = Range{0, 1}}, one_point(0.5, 0.5)}, 2);
  CHECK(two.shape() == Shape{600, 1600, 3});
  CHECK(red_centre(two).x == Approx(800 + middle.x).margin(0.1));
}

TEST_CASE("a number that is not finite parts the line", "[gan][plot]") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  Plot plot{.series = {{.x = {0, 1, 2, 3}, .y = {0.5, 0.5, 0.5, 0.5}, .mark = Mark::line, .colour = red}},
            .x = Range{-1, 4},
            .y = Range{0, 1}};
  const double whole = redness(draw(plot));
  CHECK(whole > 100);
  plot.series[0].y[1] = nan;
  CHECK(redness(draw(plot)) == Approx(whole / 3).epsilon(0.02));
  CHECK_NOTHROW(draw(Plot{.series = {{.x = {nan}, .y = {1}, .label = "none"}}}));
  CHECK_NOTHROW(draw(Plot{.series = {{.x = {7}, .y = {-3}}}}));
}

TEST_CASE("a legend shows the series that have a label", "[gan][plot]") {
  Plot plot = one_point(2, 2);
  plot.series[0].label = "out of sight";
  CHECK(redness(draw(plot)) == Approx(M_PI * 25).epsilon(0.02));
}

TEST_CASE("plots that cannot be drawn are refused", "[gan][plot]") {
  CHECK_THROWS_WITH(draw(Plot{.series = {{.x = {1, 2}, .y = {1}, .label = "a"}}}),
                    "plot: series 'a' has 2 x and 1 y");
  CHECK_THROWS_WITH(draw(Plot{.x = Range{1, 1}}), "plot: from 1 to 1 is no range");
  CHECK_THROWS_WITH(draw(Plot{.width = 60}), "plot: 60 pixels are too narrow");
  CHECK_THROWS_WITH(draw(Plot{.height = 60}), "plot: 60 pixels are too low");
  CHECK_THROWS_WITH(draw({Plot{}, Plot{.width = 500}}, 2), "plot: 500x600 beside 800x600");
  CHECK_THROWS_AS(draw(std::vector<Plot>{}, 1), UsageError);
}
