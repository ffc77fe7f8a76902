// Pooling over windows of images NCHW, f32 or f64.
#pragma once
#include <array>

#include "autograd/variable.h"

namespace saddle {

/// Pairs are (vertical, horizontal).
struct MaxPool2dOptions {
  std::array<int64_t, 2> stride{0, 0};    ///< 0 stands for the kernel's extent
  std::array<int64_t, 2> padding{0, 0};   ///< at most half the kernel; never the largest
  std::array<int64_t, 2> dilation{1, 1};  ///< distance of a window's pixels
  bool ceil_mode = false;                 ///< windows at the lower and right end may reach beyond the padding
};

/// x[N,C,H,W] -> [N,C,OH,OW], the largest pixel of each window, NaN if it holds one. OH = (H + 2 padding -
/// dilation (kernel - 1) - 1) / stride + 1, rounded down or, with ceil_mode, up. The gradient goes to the
/// first of several pixels that are the largest. Throws ShapeError for options out of range, a kernel larger
/// than the padded image, and a window that holds no pixel.
Variable max_pool2d(const Variable& x, std::array<int64_t, 2> kernel, const MaxPool2dOptions& options = {});

struct AvgPool2dOptions {
  std::array<int64_t, 2> stride{0, 0};   ///< 0 stands for the kernel's extent
  std::array<int64_t, 2> padding{0, 0};  ///< at most half the kernel; zeros
  bool ceil_mode = false;                ///< windows at the lower and right end may reach beyond the padding
  bool count_include_pad = true;         ///< whether the mean counts the padding's zeros
};

/// As max_pool2d, the mean of each window.
Variable avg_pool2d(const Variable& x, std::array<int64_t, 2> kernel, const AvgPool2dOptions& options = {});

/// x[N,C,H,W] -> [N,C,size]: output i of an axis is the mean of the pixels from floor(i H / OH) to
/// ceil((i + 1) H / OH). Throws ShapeError for sizes below 1.
Variable adaptive_avg_pool2d(const Variable& x, std::array<int64_t, 2> size);

}  // namespace saddle
