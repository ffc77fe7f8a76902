#include <algorithm>

#include "autograd/ops/random.h"
#include "gan/batch_shape.h"
#include "gan/game.h"

namespace saddle {
namespace {

constexpr uint32_t seeds_stream = 0x6A3E0003;

}  // namespace

Tensor Game::latents(const std::vector<uint64_t>& seeds) const {
  return latents_from_seeds(seeds, latent_shape());
}

Tensor latents_from_seeds(const std::vector<uint64_t>& seeds, const Shape& shape) {
  Tensor latents = Tensor::empty(batch_shape(static_cast<int64_t>(seeds.size()), shape));
  auto* out = latents.data<float>();
  for (const uint64_t seed : seeds) {
    Generator generator(derive_seed(seed, seeds_stream));
    const Tensor latent = random_normal(shape, generator);
    out = std::copy_n(latent.data<float>(), latent.numel(), out);
  }
  return latents;
}

}  // namespace saddle
