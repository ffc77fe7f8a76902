// Sums and differences of latents, which images follow: Radford, Metz and Chintala, "Unsupervised
// Representation Learning with Deep Convolutional Generative Adversarial Networks", ICLR 2016, section 6.3.2.
#pragma once
#include <cstdint>

#include "core/tensor.h"

namespace saddle {

/// The mean [1, latent...] of latents f32 [N, latent...]: single ones carry too much that is theirs alone
/// (the paper averages three).
Tensor mean_latent(const Tensor& latents);

/// mean(a) - mean(b) + mean(c), f32 [1, latent...], of latents [N, latent...], as many of each as one likes.
/// Means of three normal latents give one that is as long as a normal one. Throws ShapeError for latents of
/// unlike shapes.
Tensor latent_arithmetic(const Tensor& a, const Tensor& b, const Tensor& c);

/// `count` latents around one [1, latent...]: with noise, uniform within `spread`, on each number, as in the
/// paper's figure 7, where that is 0.25. A function of the seed.
Tensor neighbours(const Tensor& latent, int64_t count, double spread, uint64_t seed);

}  // namespace saddle
