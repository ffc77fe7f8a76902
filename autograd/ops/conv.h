// Two-dimensional convolution and its gradients, which are ops of their own: each one's derivatives are the
// other two. f32 and f64; images are NCHW. What they compute stands in kernels/conv.h. A bias and an
// activation after it are added to the outputs where they lie.
#pragma once
#include "autograd/ops/activation.h"
#include "autograd/variable.h"
#include "kernels/conv.h"

namespace saddle {

using kernels::Conv2dOptions;

/// As Conv2dOptions, of the convolution whose transpose is taken.
struct ConvTranspose2dOptions {
  std::array<int64_t, 2> stride{1, 1};
  std::array<int64_t, 2> padding{0, 0};
  /// Rows and columns added at the lower and right end: the stride leaves the size of the image ambiguous.
  /// Less than the stride.
  std::array<int64_t, 2> output_padding{0, 0};
  std::array<int64_t, 2> dilation{1, 1};
  int64_t groups = 1;
};

/// x[N,I,H,W], w[O,I/groups,kh,kw], bias[O] or undefined -> [N,O,OH,OW]. Throws ShapeError for options out of
/// range, channels that do not fit, and a kernel larger than the padded image.
Variable conv2d(const Variable& x, const Variable& w, const Variable& bias = {},
                const Conv2dOptions& options = {}, const Activation& activation = {});

/// The transpose of a convolution, also called deconvolution: x[N,I,H,W], w[I,O/groups,kh,kw], bias[O] or
/// undefined -> [N,O,OH,OW], OH = (H - 1) stride - 2 padding + dilation (kh - 1) + output_padding + 1.
Variable conv_transpose2d(const Variable& x, const Variable& w, const Variable& bias = {},
                          const ConvTranspose2dOptions& options = {}, const Activation& activation = {});

/// The gradient of conv2d by its input, of extents `image`: gy[N,O,OH,OW], w[O,I/groups,kh,kw] -> [N,I,H,W].
Variable conv2d_input_grad(const Variable& gy, const Variable& w, std::array<int64_t, 2> image,
                           const Conv2dOptions& options = {});

/// The gradient of conv2d by its weight, of extents `kernel`: x[N,I,H,W], gy[N,O,OH,OW] ->
/// [O,I/groups,kh,kw].
Variable conv2d_weight_grad(const Variable& x, const Variable& gy, std::array<int64_t, 2> kernel,
                            const Conv2dOptions& options = {});

}  // namespace saddle
