// Ways between two latents.
#pragma once
#include "core/tensor.h"

namespace saddle {

enum class Path { linear, spherical };

/// `frames` latents f32 [frames, shape...] on the way from `a` to `b`, both f32 of the same shape and first
/// and last of them. Spherical: at constant speed on the great circle (Shoemake, "Animating Rotation with
/// Quaternion Curves", SIGGRAPH 1985), which keeps to lengths that normal latents have (White, "Sampling
/// Generative Networks", 2016). Throws ShapeError for other tensors and UsageError for fewer than 2 frames.
Tensor interpolate(const Tensor& a, const Tensor& b, int64_t frames, Path path);

}  // namespace saddle
