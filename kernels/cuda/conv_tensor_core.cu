// Convolution and its input gradient as implicit products on tensor cores (gather_product.cu).
#include "kernels/cuda/conv_tensor_core.h"

#include <algorithm>

#include "kernels/conv_geometry.h"
#include "kernels/cuda/gather_product.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

int padded(int64_t channels, int chunk) {
  return static_cast<int>(blocks_for(channels, chunk) * chunk);
}

/// What both products have in common: the operands' tensor on which the axes gather, and the result.
GatherProduct product(const ConvGeometry& g, const std::array<int64_t, 2>& source,
                      const std::array<int64_t, 2>& result, int channels, int64_t out) {
  GatherProduct p;
  p.images = static_cast<int>(g.images);
  p.height = static_cast<int>(source[0]);
  p.width = static_cast<int>(source[1]);
  p.channels = channels;
  p.out = static_cast<int>(out);
  p.y_height = static_cast<int>(result[0]);
  p.y_width = static_cast<int>(result[1]);
  p.kernel_height = static_cast<int>(g.kernel[0]);
  p.kernel_width = static_cast<int>(g.kernel[1]);
  return p;
}

template <class Format>
bool forward(const Tensor& x, const Tensor& w, Tensor& y, const ConvGeometry& g) {
  GatherProduct p = product(g, g.image, g.output, padded(g.in, Format::chunk), g.out);
  p.vertical[0] = forward_axis(g, 0);
  p.horizontal[0] = forward_axis(g, 1);
  if (!gather_product_suits<Format>(p)) return false;
  const Tensor source = channels_last<Format>(x, g.images, g.in, g.image_pixels());
  const Tensor weights = channels_last<Format>(w, g.out, g.in, g.taps());
  p.source = source.raw();
  p.weights = weights.raw();
  gather_product<Format>(p, y);
  return true;
}

template <class Format>
bool input_gradient(const Tensor& gy, const Tensor& w, Tensor& gx, const ConvGeometry& g) {
  if (std::max(g.stride[0], g.stride[1]) > GatherProduct::most_phases) return false;
  GatherProduct p = product(g, g.output, g.image, padded(g.out, Format::chunk), g.in);
  p.vertical_phases = static_cast<int>(std::min(g.stride[0], g.image[0]));
  p.horizontal_phases = static_cast<int>(std::min(g.stride[1], g.image[1]));
  for (int i = 0; i < p.vertical_phases; ++i) p.vertical[i] = gradient_axis(g, 0, i);
  for (int i = 0; i < p.horizontal_phases; ++i) p.horizontal[i] = gradient_axis(g, 1, i);
  if (!gather_product_suits<Format>(p)) return false;
  const Tensor source = channels_last<Format>(gy, g.images, g.out, g.output_pixels());
  const Tensor weights = channels_last<Format>(w, 1, g.out, g.in * g.taps());  // [in, taps, out]
  p.source = source.raw();
  p.weights = weights.raw();
  gather_product<Format>(p, gx);
  return true;
}

/// What neither product takes, whatever the shapes.
bool is_for_tensor_cores(const Tensor& x, const Conv2dOptions& options) {
  return precision() != Precision::fp32 && x.dtype() == DType::f32 && options.groups == 1;
}

}  // namespace

bool tensor_core_conv2d(const Tensor& x, const Tensor& w, Tensor& y, const Conv2dOptions& options) {
  if (!is_for_tensor_cores(x, options) || y.numel() == 0) return false;
  const ConvGeometry g(x.shape(), w.shape(), y.shape(), options);
  return with_format(precision(), [&]<class Format>() { return forward<Format>(x, w, y, g); });
}

bool tensor_core_conv2d_input_grad(const Tensor& gy, const Tensor& w, Tensor& gx,
                                   const Conv2dOptions& options) {
  if (!is_for_tensor_cores(gy, options) || gx.numel() == 0) return false;
  const ConvGeometry g(gx.shape(), w.shape(), gy.shape(), options);
  return with_format(precision(), [&]<class Format>() { return input_gradient<Format>(gy, w, gx, g); });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
