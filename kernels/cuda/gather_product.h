// The implicit product behind convolutions and matrix products on tensor cores: which elements it gathers,
// and where its results go. kernels/cuda/gather_product.cu has the kernel.
#pragma once
#include "kernels/cuda/gather_axis.h"
#include "kernels/cuda/tensor_core.h"

namespace saddle::kernels {

/// y[image, o, position] = sum over taps and channels of source[image, where the tap reads, channel]
/// * weights[o, tap, channel]; source and weights channels last, in a format; 0 outside the source.
struct GatherProduct {
  static constexpr int most_phases = 8;

  const void *source = nullptr, *weights = nullptr;
  float* y = nullptr;
  int images = 1, height = 1, width = 1, channels = 1;  ///< of the source; channels with their padding
  int out = 1, y_height = 1, y_width = 1;               ///< of y
  int kernel_height = 1, kernel_width = 1;
  /// All pairs of a vertical and a horizontal axis are computed; their results cover y.
  int vertical_phases = 1, horizontal_phases = 1;
  GatherAxis vertical[most_phases], horizontal[most_phases];
  /// So many products whose operands lie behind one another.
  int batch = 1;
};

namespace SADDLE_GPU_DEVICE {

/// False where the product is too large for the kernel's indices, too thin for its tiles, or has no elements.
template <class Format>
bool gather_product_suits(const GatherProduct& p);

/// Computes it into y, whose elements p.y points to.
template <class Format>
void gather_product(GatherProduct p, Tensor& y);

}  // namespace SADDLE_GPU_DEVICE
}  // namespace saddle::kernels
