#include "gan/latents.h"

#include <algorithm>
#include <numeric>

#include "autograd/ops/random.h"
#include "core/error.h"
#include "gan/batch_shape.h"
#include "gan/game.h"

namespace saddle {
namespace {

constexpr uint32_t seeds_stream = 0x6A3E0003;

}  // namespace

DrawLatents normal_latents(const Shape& latent) {
  return [=](int64_t count, Generator& random, Device device) {
    return random_normal(batch_shape(count, latent), random, {.device = device});
  };
}

std::vector<uint64_t> seeds_from(uint64_t first, int64_t count) {
  std::vector<uint64_t> seeds(static_cast<size_t>(count));
  std::iota(seeds.begin(), seeds.end(), first);
  return seeds;
}

Tensor latents_from_seeds(const std::vector<uint64_t>& seeds, const DrawLatents& draw) {
  Tensor latents;
  float* out = nullptr;
  for (const uint64_t seed : seeds) {
    Generator generator(derive_seed(seed, seeds_stream));
    const Tensor latent = draw(1, generator, {});
    if (!latents.defined()) {
      Shape shape = latent.shape();
      shape.set(0, static_cast<int64_t>(seeds.size()));
      latents = Tensor::empty(shape);
      out = latents.data<float>();
    }
    out = std::copy_n(latent.data<float>(), latent.numel(), out);
  }
  return latents;
}

Tensor Game::latents(const std::vector<uint64_t>& seeds) const {
  return latents_from_seeds(seeds, latent_shape());
}

Variable Game::images_from(const Variable&, const Tensor&) {
  throw UsageError("images_from: the game makes no images");
}

}  // namespace saddle
