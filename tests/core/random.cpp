#include "core/random.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "autograd/ops/random.h"

using namespace saddle;

TEST_CASE("Philox gives the published vectors", "[core][random]") {
  using Words = std::array<uint32_t, 4>;
  CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) ==
        Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a generator's state is where it stands", "[core][random]") {
  Generator a(7);
  a.reserve(5);
  CHECK(a.state() == Philox{7, 2});
  Generator b;
  b.set_state(a.state());
  CHECK(a.next() == b.next());
  CHECK(derive_seed(1, 2) != derive_seed(1, 3));
  CHECK(derive_seed(1, 2) != derive_seed(2, 2));
  for (int i = 0; i < 1000; ++i) REQUIRE(a.below(7) < 7);
}

namespace {

struct Moments {
  double mean = 0, variance = 0;
};

Moments moments(const std::vector<float>& values) {
  Moments m;
  for (float v : values) m.mean += v / static_cast<double>(values.size());
  for (float v : values) m.variance += (v - m.mean) * (v - m.mean) / static_cast<double>(values.size());
  return m;
}

/// Largest distance between the empirical distribution and `cdf` (Kolmogorov).
double distance(std::vector<float> values, double (*cdf)(double)) {
  std::sort(values.begin(), values.end());
  double worst = 0;
  const auto n = static_cast<double>(values.size());
  for (size_t i = 0; i < values.size(); ++i)
    worst = std::max(worst, std::abs(cdf(values[i]) - (static_cast<double>(i) + 0.5) / n));
  return worst;
}

}  // namespace

TEST_CASE("random tensors have their distributions", "[core][random]") {
  constexpr int64_t n = 200000;
  const double critical = 1.63 / std::sqrt(n);  // Kolmogorov's distance at 1 %
  Generator random(2026);
  const auto uniform = random_uniform({n}, random).to_vector<float>();
  CHECK(moments(uniform).mean == Approx(0.5).margin(3e-3));
  CHECK(moments(uniform).variance == Approx(1.0 / 12).margin(2e-3));
  CHECK(distance(uniform, [](double x) { return x; }) < critical);
  CHECK(*std::max_element(uniform.begin(), uniform.end()) < 1);
  const auto normal = random_normal({n}, random).to_vector<float>();
  CHECK(moments(normal).mean == Approx(0).margin(1e-2));
  CHECK(moments(normal).variance == Approx(1).margin(2e-2));
  CHECK(distance(normal, [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }) < critical);
}

TEST_CASE("consecutive draws do not overlap", "[core][random]") {
  Generator together(3), apart(3);
  const auto both = random_uniform({8}, together).to_vector<float>();
  const auto first = random_uniform({4}, apart).to_vector<float>(),
             second = random_uniform({4}, apart).to_vector<float>();
  CHECK(std::vector<float>(both.begin(), both.begin() + 4) == first);
  CHECK(std::vector<float>(both.begin() + 4, both.end()) == second);
}
