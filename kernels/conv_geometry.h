// The extents of a convolution by name, for the kernels of every device.
#pragma once
#include "kernels/conv.h"

namespace saddle::kernels {

/// Extents of a convolution x[N,I,H,W] * w[O,I/g,kh,kw] -> y[N,O,OH,OW]. Pairs are (vertical, horizontal).
struct ConvGeometry {
  /// Simplified where that changes no byte of any operand: with a 1x1 kernel at stride 1 an image is one long
  /// row; a kernel that covers the image just once is 1x1 over more channels.
  ConvGeometry(const Shape& x, const Shape& w, const Shape& y, const Conv2dOptions& options);

  int64_t images, groups;
  int64_t in, out;  ///< channels a group
  std::array<int64_t, 2> image, kernel, output;
  std::array<int64_t, 2> stride, padding, dilation;

  int64_t image_pixels() const { return image[0] * image[1]; }
  int64_t output_pixels() const { return output[0] * output[1]; }
  int64_t taps() const { return kernel[0] * kernel[1]; }
  /// True if nothing but a matrix product over channels is left: x[N,I], w[O,I], y[N,O].
  bool is_matrix_product() const {
    return groups == 1 && taps() == 1 && image_pixels() == 1 && output_pixels() == 1;
  }
};

}  // namespace saddle::kernels
