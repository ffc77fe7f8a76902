#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "core/random.h"
#include "gan/data/sources.h"

namespace saddle {
namespace {

constexpr uint32_t shapes_stream = 0xDA7A0003;
constexpr int64_t side = 128;

using Colour = std::array<float, 3>;

/// Hue in turns, not negative; saturation and lightness in [0, 1].
Colour from_hsl(float hue, float saturation, float lightness) {
  const float amplitude = saturation * std::min(lightness, 1 - lightness);
  Colour rgb{};
  for (size_t i = 0; i < 3; ++i) {
    // Each primary is a trapezoid over the circle of twelve hues, the three a third of it apart.
    const float at = std::fmod(12 * hue + 8 * static_cast<float>(i), 12.0f);
    rgb[i] = lightness - amplitude * std::clamp(3 - std::abs(at - 6), -1.0f, 1.0f);
  }
  return rgb;
}

Colour mix(const Colour& a, const Colour& b, float t) {
  return {a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * (b[2] - a[2])};
}

// Outlines as signed distances, negative inside, about the origin, y upwards, of radius 1 or so.

/// `tips` tips on the unit circle, the first at `turn`, and notches between them at radius `notch`:
/// stars, and with notch = cos(pi / tips) the regular polygons.
class Star {
 public:
  Star(int tips, double notch, double turn = 0.25) : tips_(tips) {
    const double step = 2 * std::numbers::pi / tips;
    for (int i = 0; i < tips; ++i) {
      const double angle = 2 * std::numbers::pi * turn + i * step;
      at_[static_cast<size_t>(i)] = {static_cast<float>(std::cos(angle)),
                                     static_cast<float>(std::sin(angle))};
    }
    const double x = 1 - notch * std::cos(step / 2), y = notch * std::sin(step / 2);
    normal_ = {static_cast<float>(y / std::hypot(x, y)), static_cast<float>(x / std::hypot(x, y))};
  }

  float operator()(float x, float y) const {
    // Along the nearest tip and across it; by symmetry one edge then bounds the shape.
    float along = -2, across = 0;
    for (int i = 0; i < tips_; ++i) {
      const auto [tx, ty] = at_[static_cast<size_t>(i)];
      const float a = x * tx + y * ty;
      if (a > along) along = a, across = std::abs(x * ty - y * tx);
    }
    return (along - 1) * normal_[0] + across * normal_[1];
  }

 private:
  int tips_;
  std::array<std::array<float, 2>, 5> at_{};
  std::array<float, 2> normal_{};
};

float length(float x, float y) {
  return std::sqrt(x * x + y * y);
}

float circle(float x, float y) {
  return length(x, y) - 0.92f;
}

float square(float x, float y) {
  return std::max(std::abs(x), std::abs(y)) - 0.8f;
}

float triangle(float x, float y) {
  static const Star shape(3, 0.5);
  return 1.15f * shape(x / 1.15f, (y + 0.15f) / 1.15f);
}

float star(float x, float y) {
  static const Star shape(5, 0.45);
  return 1.05f * shape(x / 1.05f, y / 1.05f);
}

float ring(float x, float y) {
  return std::abs(length(x, y) - 0.7f) - 0.25f;
}

float cross(float x, float y) {
  const auto [thin, wide] = std::minmax({std::abs(x), std::abs(y)});
  return std::max(thin - 0.32f, wide - 0.95f);
}

/// A square on its corner with a half disc on each of its upper sides.
float heart(float x, float y) {
  constexpr float half = 0.8f, lift = 0.12f;
  const float across = std::abs(x), up = y + lift;
  const float diamond = (across + std::abs(up) - half) / std::numbers::sqrt2_v<float>;
  const float disc = length(across - half / 2, up - half / 2) - half / std::numbers::sqrt2_v<float>;
  return std::min(diamond, disc);
}

/// A disc without another.
float moon(float x, float y) {
  return std::max(length(x, y) - 0.95f, 0.75f - length(x - 0.42f, y - 0.18f));
}

struct Kind {
  const char* name;
  float (*distance)(float x, float y);
};
constexpr Kind kinds[] = {{"circle", circle}, {"square", square}, {"triangle", triangle}, {"star", star},
                          {"ring", ring},     {"cross", cross},   {"heart", heart},       {"moon", moon}};
constexpr auto kind_count = static_cast<int64_t>(std::size(kinds));

}  // namespace

std::string ShapesSource::description() const {
  return concat("shapes, ", size(), " images ", side, 'x', side, ", ", kind_count, " classes");
}

const std::vector<std::string>& ShapesSource::classes() const {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Kind& kind : kinds) all.emplace_back(kind.name);
    return all;
  }();
  return names;
}

int64_t ShapesSource::label(int64_t i) const {
  return i % kind_count;
}

std::string ShapesSource::name(int64_t i) const {
  return concat("shapes, image ", i);
}

Example ShapesSource::load(int64_t i) const {
  Generator random(derive_seed(derive_seed(seed_, shapes_stream), static_cast<uint32_t>(i)));
  const auto uniform = [&](float low, float high) {
    return low + (high - low) * static_cast<float>(random.next() >> 8) * 0x1p-24f;
  };
  // A pale or a dark background that shades into a neighbouring hue, a vivid shape of another one.
  const float hue = uniform(0, 1),
              paleness = uniform(0, 1) < 0.7f ? uniform(0.8f, 0.93f) : uniform(0.12f, 0.25f);
  const float saturation = uniform(0.25f, 0.6f);
  const Colour top = from_hsl(hue, saturation, paleness);
  const Colour bottom = from_hsl(hue + uniform(-0.08f, 0.08f) + 1, saturation, paleness - 0.06f);
  const float vivid = hue + uniform(0.2f, 0.8f);
  const Colour light = from_hsl(vivid, uniform(0.7f, 0.95f), uniform(0.52f, 0.62f));
  const Colour deep = mix(light, {}, 0.25f);

  const float radius = side * uniform(0.26f, 0.42f), margin = 1.1f * radius;
  const float centre_x = uniform(margin, side - margin), centre_y = uniform(margin, side - margin);
  const float angle = uniform(-0.5f, 0.5f);
  const float cosine = std::cos(angle) / radius, sine = std::sin(angle) / radius;
  const Kind& kind = kinds[label(i)];

  Example example{Tensor::empty({side, side, 3}, DType::u8), label(i)};
  auto* out = example.pixels.data<uint8_t>();
  for (int64_t row = 0; row < side; ++row) {
    const float y = centre_y - (static_cast<float>(row) + 0.5f);
    const Colour behind = mix(top, bottom, static_cast<float>(row) / side);
    const Colour front = mix(light, deep, std::clamp(0.5f - 0.5f * y / radius, 0.0f, 1.0f));
    for (int64_t column = 0; column < side; ++column, out += 3) {
      const float x = static_cast<float>(column) + 0.5f - centre_x;
      const float distance = kind.distance(cosine * x + sine * y, cosine * y - sine * x) * radius;
      const Colour colour = mix(behind, front, std::clamp(0.5f - distance, 0.0f, 1.0f));
      for (size_t c = 0; c < 3; ++c) out[c] = static_cast<uint8_t>(255 * colour[c] + 0.5f);
    }
  }
  return example;
}

}  // namespace saddle
