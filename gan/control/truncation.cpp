#include "gan/control/truncation.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops/random.h"
#include "core/error.h"

namespace saddle {
namespace {

constexpr uint32_t redrawn_stream = 0x6A3E0302;

/// Draws all anew, round after round, and takes the next draw for those that do not lie within.
void redraw(float* numbers, int64_t count, double threshold, Generator random) {
  const auto beyond = [=](float number) { return std::abs(double{number}) > threshold; };
  while (std::any_of(numbers, numbers + count, beyond)) {
    const Tensor next = random_normal({count}, random);
    for (int64_t i = 0; i < count; ++i)
      if (beyond(numbers[i])) numbers[i] = next.data<float>()[i];
  }
}

}  // namespace

Tensor truncated_latents(const Game& game, const std::vector<uint64_t>& seeds, double threshold) {
  require<UsageError>(threshold >= 0.01, "truncation: threshold ", threshold, " is below 0.01");
  Tensor latents = game.latents(seeds);
  const int64_t length = game.latent_shape().numel(), normal = game.normal_numbers();
  for (size_t i = 0; i < seeds.size(); ++i)
    redraw(latents.data<float>() + static_cast<int64_t>(i) * length, normal, threshold,
           Generator(derive_seed(seeds[i], redrawn_stream)));
  return latents;
}

}  // namespace saddle
