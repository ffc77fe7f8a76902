// The truncation trick: latents nearer to where most of them lie give images that are better and more alike.
#pragma once
#include <cstdint>
#include <vector>

#include "gan/game.h"

namespace saddle {

/// Latents as Game::latents gives them, but of each seed every standard normal number that is more than
/// `threshold` away from 0 is drawn anew until it is not: Brock, Donahue and Simonyan, "Large Scale GAN
/// Training for High Fidelity Natural Image Synthesis", ICLR 2019, section 3.1. Each number has a stream of
/// draws of its own, so that a number that two thresholds allow is the same for both. Throws UsageError for
/// thresholds below 0.01.
Tensor truncated_latents(const Game& game, const std::vector<uint64_t>& seeds, double threshold);

}  // namespace saddle
