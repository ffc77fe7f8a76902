// What the CPU's three convolution kernels share: the taps of a kernel that a set of pixels sees along each
// axis, and which minimal filter serves a layer.
#pragma once
#include <vector>

#include "kernels/conv_geometry.h"

namespace saddle::kernels::cpu {

/// Tiles of side x side pixels that cover a grid.
inline std::array<int64_t, 2> tiles_of(const std::array<int64_t, 2>& grid, int64_t side) {
  return {(grid[0] + side - 1) / side, (grid[1] + side - 1) / side};
}

/// Minimal filters that serve a convolution; see winograd-inl.h.
enum class Filtering {
  none,
  two_taps,       ///< F(2x2, 2x2): a kernel of twice its stride
  two_taps_wide,  ///< F(4x4, 2x2): f32, a 4x4 kernel with stride 2
  three_taps,     ///< F(4x4, 3x3): f32, a 3x3 kernel with stride 1
  four_taps       ///< F(3x3, 4x4): f32, a 4x4 kernel with stride 1
};
/// The filter whose products over the tiles of `grid`, the pixels of one phase, are so much fewer than those
/// of the direct sum that its transforms pay.
Filtering filtering_of(const ConvGeometry& g, const std::array<int64_t, 2>& grid, DType dtype);

/// A tap of the kernel along one axis, and where it reads: at step * i + offset for pixel i.
struct Tap {
  int64_t index, offset;
};

/// Pixels i in [0, count) of one axis that see the source at step * i + offset for each tap. Taps that meet
/// no source position for any i are left out.
struct AxisTaps {
  int64_t count, step, first;  ///< pixel i is position first + i * (stride of the phase) of the written image
  std::vector<Tap> taps;
};

/// The taps with which outputs along axis `axis` read the image.
AxisTaps forward_taps(const ConvGeometry& g, int axis);
/// The same for the image positions of one phase: those whose position + padding is `phase` modulo the
/// stride. Seen from them, the input gradient is a convolution of the output gradient with stride 1.
AxisTaps gradient_taps(const ConvGeometry& g, int axis, int64_t phase);

}  // namespace saddle::kernels::cpu
