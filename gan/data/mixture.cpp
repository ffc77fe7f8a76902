#include "gan/data/mixture.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/random.h"

namespace saddle {
namespace {

constexpr uint32_t mixture_stream = 0xDA7A0004;

/// Shrunk by the standard deviation of a coordinate, which is the same for both.
Mixture scaled(std::string name, std::vector<std::array<double, 2>> centres, double deviation) {
  double sum = 0;
  for (const auto& centre : centres) sum += centre[0] * centre[0];
  const double scale = std::sqrt(static_cast<double>(centres.size()) / sum);
  for (auto& centre : centres) centre = {scale * centre[0], scale * centre[1]};
  return {std::move(name), std::move(centres), scale * deviation};
}

Mixture grid() {
  std::vector<std::array<double, 2>> centres;
  for (int row = -2; row <= 2; ++row)
    for (int column = -2; column <= 2; ++column) centres.push_back({2.0 * column, 2.0 * row});
  return scaled("25-gaussians", std::move(centres), 0.05);
}

Mixture ring() {
  std::vector<std::array<double, 2>> centres;
  for (int i = 0; i < 8; ++i) {
    const double angle = i * std::numbers::pi / 4;
    centres.push_back({2 * std::cos(angle), 2 * std::sin(angle)});
  }
  return scaled("8-gaussians", std::move(centres), 0.02);
}

}  // namespace

const std::vector<Mixture>& mixtures() {
  static const std::vector<Mixture> all = {grid(), ring()};
  return all;
}

const Mixture* find_mixture(std::string_view text) {
  const auto found = std::ranges::find(mixtures(), text.substr(0, text.find(',')), &Mixture::name);
  return found == mixtures().end() ? nullptr : &*found;
}

MixtureSource::MixtureSource(const Mixture& mixture, uint64_t seed) : mixture_(mixture), seed_(seed) {
  for (size_t mode = 0; mode < mixture.centres.size(); ++mode) classes_.push_back(std::to_string(mode));
}

std::string MixtureSource::description() const {
  return concat(mixture_.name, ", ", size(), " points of the plane, ", classes_.size(), " classes");
}

std::string MixtureSource::name(int64_t i) const {
  return concat(mixture_.name, ", point ", i);
}

Example MixtureSource::load(int64_t i) const {
  Generator random(derive_seed(derive_seed(seed_, mixture_stream), static_cast<uint32_t>(i)));
  // Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958.
  const double radius = std::sqrt(-2 * std::log((random.next() + 1.0) * 0x1p-32));
  const double angle = 2 * std::numbers::pi * random.next() * 0x1p-32;
  const auto& centre = mixture_.centres[static_cast<size_t>(label(i))];
  const double x = centre[0] + mixture_.deviation * radius * std::cos(angle);
  const double y = centre[1] + mixture_.deviation * radius * std::sin(angle);
  return {Tensor::from(std::vector{static_cast<float>(x), static_cast<float>(y)}, {2}), label(i)};
}

Tensor points_of(const Mixture& mixture, int64_t count) {
  const MixtureSource source(mixture, 0);
  Tensor points = Tensor::empty({count, 2, 1, 1});
  for (int64_t i = 0; i < count; ++i)
    std::copy_n(source.load(i % source.size()).pixels.data<float>(), 2, points.data<float>() + 2 * i);
  return points;
}

}  // namespace saddle
