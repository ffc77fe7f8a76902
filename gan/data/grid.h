// From a network's images to pixels that are written to a file.
#pragma once
#include <vector>

#include "core/tensor.h"

namespace saddle {

/// u8 [N,H,W,C] for f32 images [N,C,H,W]: -1 becomes 0, 1 becomes 255, rounded to nearest; values outside are
/// clamped, NaN becomes 0. The inverse of the scaling that the loader does. Throws ShapeError.
Tensor to_pixels(const Tensor& images);

/// u8 [H',W',C] for write_png: the images f32 [N,C,H,W] in [-1, 1], C = 1 or 3, in reading order, `columns` a
/// row, with `gap` white pixels between them; places left over are white. Fewer images than `columns` make
/// one short row. Throws ShapeError.
Tensor image_grid(const Tensor& images, int64_t columns, int64_t gap = 2);

/// Kinds of the same images, each [N,C,H,W], for an image_grid of that many columns: a row of each kind by
/// turns, of N rounded down to whole rows where N is more than one. Throws ShapeError for kinds of unlike
/// shapes.
Tensor rows_by_turns(const std::vector<Tensor>& kinds, int64_t columns);
/// Their grid, u8 [H',W',C].
Tensor comparison_grid(const std::vector<Tensor>& kinds, int64_t columns);

}  // namespace saddle
