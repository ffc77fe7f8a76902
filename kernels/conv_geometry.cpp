#include "kernels/conv_geometry.h"

namespace saddle::kernels {

ConvGeometry::ConvGeometry(const Shape& x, const Shape& w, const Shape& y, const Conv2dOptions& options)
    : images(x[0]),
      groups(options.groups),
      in(w[1]),
      out(w[0] / options.groups),
      image{x[2], x[3]},
      kernel{w[2], w[3]},
      output{y[2], y[3]},
      stride(options.stride),
      padding(options.padding),
      dilation(options.dilation) {
  const bool no_padding = padding[0] == 0 && padding[1] == 0;
  if (taps() == 1 && stride == std::array<int64_t, 2>{1, 1} && no_padding) {
    image = output = {1, image_pixels()};
  } else if (output_pixels() == 1 && image == kernel && no_padding &&
             dilation == std::array<int64_t, 2>{1, 1}) {
    in *= taps();
    image = kernel = stride = {1, 1};
  }
}

}  // namespace saddle::kernels
