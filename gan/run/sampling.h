// Which images to make: lists of seeds and of classes, and what is written of them.
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

}  // namespace saddle
