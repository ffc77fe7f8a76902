// What generators start from.
#pragma once
#include <functional>
#include <vector>

#include "core/random.h"
#include "core/tensor.h"

namespace saddle {

/// Draws latents f32 [count, ...], on a device.
using DrawLatents = std::function<Tensor(int64_t count, Generator& random, Device device)>;

/// Standard normal ones, each of that shape.
DrawLatents normal_latents(const Shape& latent);

/// `count` seeds, `first` and on.
std::vector<uint64_t> seeds_from(uint64_t first, int64_t count);

/// Latents [seeds.size(), ...] on the host, each a function of its seed alone.
Tensor latents_from_seeds(const std::vector<uint64_t>& seeds, const DrawLatents& draw);
inline Tensor latents_from_seeds(const std::vector<uint64_t>& seeds, const Shape& latent) {
  return latents_from_seeds(seeds, normal_latents(latent));
}

}  // namespace saddle
