// One axis of a convolution, or of a phase of its input gradient, as the GPU's kernels read it: taps in
// arithmetic progression that meet pixels in arithmetic progression. The input gradient's positions with the
// same remainder modulo the stride are read through the same taps: each such phase is a convolution with
// stride 1, without products with the zeros between outputs.
#pragma once
#include <algorithm>
#include <numeric>

#include "kernels/conv_geometry.h"
#include "kernels/cuda/fast_divide.h"

namespace saddle::kernels {

/// Along one axis: result i < count lies at first + i * stride, and its tap k < taps, number
/// kernel_first + k * kernel_step of the kernel, reads the source at i * step + offset + k * tap_step.
struct GatherAxis {
  int count = 1, first = 0, stride = 1;
  int step = 1, offset = 0;
  int taps = 1, tap_step = 0;
  int kernel_first = 0, kernel_step = 1;
  FastDivide by_count = {}, by_taps = {};

  /// Leaves out the first and last taps that no result sees in a source of `extent` positions.
  void trim(int64_t extent) {
    const auto sees_something = [&](int64_t tap) {
      const int64_t from = offset + tap * tap_step, i = from >= 0 ? 0 : (-from + step - 1) / step;
      return i < count && step * i + from < extent;
    };
    while (taps > 0 && !sees_something(taps - 1)) --taps;
    while (taps > 0 && !sees_something(0)) {
      offset += tap_step;
      kernel_first += kernel_step;
      --taps;
    }
  }
  /// To be called once the rest is set.
  void prepare() {
    by_count = FastDivide(std::max(1, count));
    by_taps = FastDivide(std::max(1, taps));
  }
};

/// The axis along which a convolution's outputs gather from the image.
inline GatherAxis forward_axis(const ConvGeometry& g, size_t axis) {
  GatherAxis result{.count = static_cast<int>(g.output[axis]),
                    .step = static_cast<int>(g.stride[axis]),
                    .offset = static_cast<int>(-g.padding[axis]),
                    .taps = static_cast<int>(g.kernel[axis]),
                    .tap_step = static_cast<int>(g.dilation[axis])};
  result.trim(g.image[axis]);
  return result;
}

/// Positions phase, phase + stride, ... of the image, which gather from the output gradient: tap u reaches
/// position i from output (i + padding - u dilation) / stride, where that is a whole number. phase < image
/// extent.
inline GatherAxis gradient_axis(const ConvGeometry& g, size_t axis, int64_t phase) {
  const int64_t stride = g.stride[axis], dilation = g.dilation[axis], kernel = g.kernel[axis];
  const int64_t position = phase + g.padding[axis], common = std::gcd(stride, dilation);
  const int64_t tap_step = stride / common;
  int64_t first_tap = 0;
  while (first_tap < tap_step && (position - first_tap * dilation) % stride != 0) ++first_tap;
  const bool any = first_tap < tap_step && first_tap < kernel;
  GatherAxis result{.count = static_cast<int>((g.image[axis] - phase + stride - 1) / stride),
                    .first = static_cast<int>(phase),
                    .stride = static_cast<int>(stride),
                    .step = 1,
                    .offset = any ? static_cast<int>((position - first_tap * dilation) / stride) : 0,
                    .taps = any ? static_cast<int>((kernel - first_tap + tap_step - 1) / tap_step) : 0,
                    .tap_step = static_cast<int>(-(dilation / common)),
                    .kernel_first = static_cast<int>(first_tap),
                    .kernel_step = static_cast<int>(tap_step)};
  result.trim(g.output[axis]);
  return result;
}

}  // namespace saddle::kernels
