// Which latents to make images from: lists of seeds, and ways between two latents.
#pragma once
#include <string>
#include <vector>

#include "core/tensor.h"

namespace saddle {

/// The numbers in `0,1,4-6`, in that order. Throws UsageError for anything else, and for more than 65536.
std::vector<uint64_t> parse_seeds(const std::string& text);

/// The classes in `all`, or in a list of numbers as parse_seeds takes it. Throws UsageError for anything else
/// and for classes that are not among the first `classes`.
std::vector<int64_t> parse_classes(const std::string& text, int64_t classes);

/// What a generator is given for one image each.
struct SampleInputs {
  Tensor latents;
  Tensor labels;  ///< undefined without classes
};

/// The latents [N, ..] once for each class, a class after the other, with labels i64 [classes.size() * N].
SampleInputs each_class(const Tensor& latents, const std::vector<int64_t>& classes);

/// What is written of samples, u8 [H, W, C]: a grid of images, `columns` a row, or points of the plane
/// plotted over those of the data, a source's description.
Tensor picture_of(const Tensor& samples, int64_t columns, const std::string& data);

enum class Path { linear, spherical };

/// `frames` latents f32 [frames, shape...] on the way from `a` to `b`, both f32 of the same shape and first
/// and last of them. Spherical: at constant speed on the great circle (Shoemake, "Animating Rotation with
/// Quaternion Curves", SIGGRAPH 1985), which keeps to lengths that normal latents have (White, "Sampling
/// Generative Networks", 2016). Throws ShapeError for other tensors and UsageError for fewer than 2 frames.
Tensor interpolate(const Tensor& a, const Tensor& b, int64_t frames, Path path);

}  // namespace saddle
