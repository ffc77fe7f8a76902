// Pooling over windows of images NCHW, f32 or f64. Only the largest value of each window has a kernel of its
// own: averages are linear maps (kernels/resample.h).
#pragma once
#include <array>

#include "kernels/kernel.h"

namespace saddle::kernels {

/// Pairs are (vertical, horizontal).
struct PoolWindow {
  std::array<int64_t, 2> kernel;
  std::array<int64_t, 2> stride;
  std::array<int64_t, 2> padding;   ///< what lies around the image is in no window
  std::array<int64_t, 2> dilation;  ///< distance of a window's pixels
};

/// Windows along one axis. They begin inside the image or the padding before it; with ceil_mode the last may
/// reach beyond the padding after it.
constexpr int64_t pool_output_size(int64_t in, int64_t kernel, int64_t stride, int64_t padding,
                                   int64_t dilation, bool ceil_mode) {
  const int64_t room = in + 2 * padding - dilation * (kernel - 1) - 1 + (ceil_mode ? stride - 1 : 0);
  if (room < 0) return 0;
  const int64_t size = room / stride + 1;
  return ceil_mode && (size - 1) * stride >= in + padding ? size - 1 : size;
}

/// x[N,C,H,W] -> y[N,C,OH,OW] = the largest pixel of each window, NaN if it holds one; index[N,C,OH,OW], i64
/// = where it was found, as row * W + column: the first in row-major order of several that are equal, the
/// last of several NaN (as PyTorch does). Each window holds a pixel. kh kw comparisons an output; moves |x| +
/// |y| + |index| elements.
using MaxPool2d = void(const Tensor& x, Tensor& y, Tensor& index, PoolWindow window);

SADDLE_KERNEL(max_pool2d, MaxPool2d);

}  // namespace saddle::kernels
