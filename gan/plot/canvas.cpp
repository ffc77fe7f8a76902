#include "gan/plot/canvas.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "gan/plot/font.h"

namespace saddle {
namespace {

constexpr int64_t greatest_extent = 16384;

/// How much of a pixel lies within `reach` of something that is `distance` away from its centre.
double coverage_at(double distance, double reach) {
  return std::clamp(reach - distance + 0.5, 0.0, 1.0);
}

double distance_to_segment(const Spot& p, const Spot& a, const Spot& b) {
  const double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  const double along = ((p.x - a.x) * dx + (p.y - a.y) * dy) / (length > 0 ? length : 1);
  const double t = std::clamp(along, 0.0, 1.0);
  return std::hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

int64_t bounded(double value, int64_t low, int64_t high) {
  return static_cast<int64_t>(std::clamp(value, static_cast<double>(low), static_cast<double>(high)));
}

}  // namespace

Canvas::Canvas(int64_t width, int64_t height) : width_(width), height_(height), clip_{0, 0, width, height} {
  require<UsageError>(std::min(width, height) >= 1 && std::max(width, height) <= greatest_extent,
                      "canvas: ", width, 'x', height, " pixels are not from 1 to ", greatest_extent,
                      " each way");
  rgb_.assign(static_cast<size_t>(3 * width * height), 1.0f);
}

void Canvas::clip(const Box& box) {
  clip_ = {std::max<int64_t>(box.left, 0), std::max<int64_t>(box.top, 0), std::min(box.right, width_),
           std::min(box.bottom, height_)};
}

Box Canvas::clipped(const Box& box) const {
  return {std::max(box.left, clip_.left), std::max(box.top, clip_.top), std::min(box.right, clip_.right),
          std::min(box.bottom, clip_.bottom)};
}

void Canvas::blend(int64_t x, int64_t y, const Colour& colour, double coverage) {
  if (x < clip_.left || x >= clip_.right || y < clip_.top || y >= clip_.bottom) return;
  const auto share = static_cast<float>(coverage * colour.alpha);
  float* pixel = &rgb_[static_cast<size_t>(3 * (y * width_ + x))];
  for (const double part : {colour.red, colour.green, colour.blue}) {
    *pixel += share * (static_cast<float>(part) - *pixel);
    ++pixel;
  }
}

void Canvas::fill(const Box& box, const Colour& colour) {
  const Box inside = clipped(box);
  for (int64_t y = inside.top; y < inside.bottom; ++y)
    for (int64_t x = inside.left; x < inside.right; ++x) blend(x, y, colour, 1);
}

void Canvas::disc(const Spot& centre, double radius, const Colour& colour) {
  line({centre, centre}, 2 * radius, colour);
}

void Canvas::line(const std::vector<Spot>& spots, double width, const Colour& colour) {
  const double reach = width / 2;
  const auto around = [&](const Spot& a, const Spot& b) {
    const auto [left, right] = std::minmax(a.x, b.x);
    const auto [top, bottom] = std::minmax(a.y, b.y);
    return clipped({bounded(left - reach - 1, 0, width_), bounded(top - reach - 1, 0, height_),
                    bounded(right + reach + 2, 0, width_), bounded(bottom + reach + 2, 0, height_)});
  };
  Box all{width_, height_, 0, 0};
  for (size_t i = 1; i < spots.size(); ++i) {
    const Box box = around(spots[i - 1], spots[i]);
    all = {std::min(all.left, box.left), std::min(all.top, box.top), std::max(all.right, box.right),
           std::max(all.bottom, box.bottom)};
  }
  if (all.width() <= 0 || all.height() <= 0) return;

  std::vector<float> covered(static_cast<size_t>(all.width() * all.height()));
  for (size_t i = 1; i < spots.size(); ++i) {
    const Box box = around(spots[i - 1], spots[i]);
    for (int64_t y = box.top; y < box.bottom; ++y)
      for (int64_t x = box.left; x < box.right; ++x) {
        const Spot centre{static_cast<double>(x) + 0.5, static_cast<double>(y) + 0.5};
        float& at = covered[static_cast<size_t>((y - all.top) * all.width() + x - all.left)];
        const double distance = distance_to_segment(centre, spots[i - 1], spots[i]);
        at = std::max(at, static_cast<float>(coverage_at(distance, reach)));
      }
  }
  for (int64_t y = all.top; y < all.bottom; ++y)
    for (int64_t x = all.left; x < all.right; ++x)
      blend(x, y, colour, covered[static_cast<size_t>((y - all.top) * all.width() + x - all.left)]);
}

void Canvas::text(int64_t x, int64_t y, const std::string& text, const Colour& colour, int64_t scale,
                  bool upwards) {
  int64_t start = 0;  // along the line
  for (const char c : text) {
    for (int64_t row = 0; row < glyph_height * scale; ++row)
      for (int64_t column = 0; column < glyph_width * scale; ++column) {
        if (!glyph_dot(c, static_cast<int>(column / scale), static_cast<int>(row / scale))) continue;
        const int64_t along = start + column;
        if (upwards)
          blend(x + row, y - 1 - along, colour, 1);
        else
          blend(x + along, y + row, colour, 1);
      }
    start += (glyph_width + 1) * scale;
  }
}

int64_t Canvas::text_width(const std::string& text, int64_t scale) {
  const auto letters = static_cast<int64_t>(text.size());
  return letters == 0 ? 0 : scale * (letters * (glyph_width + 1) - 1);
}

Tensor Canvas::pixels() const {
  Tensor pixels = Tensor::empty({height_, width_, 3}, DType::u8);
  std::ranges::transform(rgb_, pixels.data<uint8_t>(), [](float part) {
    return static_cast<uint8_t>(std::clamp(part, 0.0f, 1.0f) * 255 + 0.5f);
  });
  return pixels;
}

}  // namespace saddle
