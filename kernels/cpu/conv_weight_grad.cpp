// conv2d_weight_grad on the CPU: for each group, gw[o, (c, tap)] = gy[o, pixel] patch[(c, tap), pixel],
// summed over the pixels of all images.
#include "kernels/conv.h"
#include "kernels/matmul.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/conv_weight_grad.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/conv-inl.h"
#include "kernels/cpu/conv_few.h"
#include "kernels/cpu/conv_thin.h"
#include "kernels/cpu/winograd_tiles-inl.h"
#include "kernels/cpu/winograd_weights-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// The outputs of filter F are the taps of the layer, its taps a tile of the output's gradient.
template <class T, class F, int64_t stride>
void conv2d_weight_grad_winograd(const Tensor& x, const Tensor& gy, Tensor& gw, const ConvGeometry& g) {
  using Gradients = Exchanged<T, F, TilePanels<T, TapsOf<F>, F::taps, 1>>;
  using Patches = Exchanged<T, F, TilePanels<T, DataOf<F>, F::taps, stride>>;
  using Sink = FilterSink<T, F>;
  const std::array<int64_t, 2> tiles = tiles_of(g.output, F::taps);
  const int64_t k = g.images * tiles[0] * tiles[1], columns = g.in * stride * stride;
  const std::vector<PointProducts<Gradients, Patches, Sink>> product{
      {.m = g.out,
       .n = columns,
       .k = k,
       .k_step = block_k<T>,
       .a = {.source = {.data = gy.data<T>(),
                        .image_stride = g.out * g.output_pixels(),
                        .extent = g.output,
                        .first = {0, 0},
                        .tiles = tiles,
                        .lanes = k},
             .lanes = g.out},
       .b = {.source = {.data = x.data<T>(),
                        .image_stride = g.in * g.image_pixels(),
                        .extent = g.image,
                        .first = {-g.padding[0], -g.padding[1]},
                        .tiles = tiles,
                        .lanes = k},
             .lanes = columns},
       .c = {.data = gw.data<T>(), .row_stride = g.in * g.taps(), .stride = stride}}};
  multiply_points<T>(product, F());
}

/// The layer with image and output exchanged: the pixels of x that a pixel of gy reaches through the taps are
/// those from which gy is seen through the same taps in reverse.
ConvGeometry exchanged(ConvGeometry g) {
  std::swap(g.in, g.out);
  std::swap(g.image, g.output);
  for (size_t i = 0; i < 2; ++i) g.padding[i] = g.dilation[i] * (g.kernel[i] - 1) - g.padding[i];
  return g;
}

template <class T>
TapPanels<T> patches_of(const T* image, const ConvGeometry& g) {
  return {.data = image,
          .group_stride = g.in * g.image_pixels(),
          .image_stride = g.groups * g.in * g.image_pixels(),
          .g = g};
}

template <class T>
ChannelPanels<T> channels_of(const T* output, const ConvGeometry& g) {
  return {.data = output,
          .group_stride = g.out * g.output_pixels(),
          .image_stride = g.groups * g.out * g.output_pixels(),
          .pixels = g.output_pixels(),
          .lanes = g.out};
}

template <class T, class A, class B, class C>
void sum_over_pixels(const ConvGeometry& g, const A& a, int64_t m, const B& b, int64_t n, const C& c) {
  const std::vector<Product<A, B, C>> product{
      {m, n, g.images * g.output_pixels(), std::max<int64_t>(1, g.output[1]), a, b, c}};
  gemm<T>(g.groups, product);
}

/// Vectors of columns that the products of an m x n result take.
template <class T>
int64_t row_vectors(int64_t m, int64_t n) {
  return m * ceil_div(n, TileSize<T>::vector);
}

void conv2d_weight_grad_lanes(const Tensor& x, const Tensor& gy, Tensor& gw, const ConvGeometry& g) {
  dispatch_float("conv2d_weight_grad", gw.dtype(), [&]<class T>() {
    if (with_filter<T>(filtering_of(g, g.output, gw.dtype()), g.stride[0], [&]<class F, int64_t stride>() {
          conv2d_weight_grad_winograd<T, Filter<F::taps, F::outputs>, stride>(x, gy, gw, g);
        }))
      return;
    const int64_t taps = g.taps(), lanes = g.in * taps, weights = g.out * lanes;
    if (output_is_thin(g) && g.stride[0] == 1) {
      const ConvGeometry e = exchanged(g);
      const TapSink<T> sink{.data = gw.data<T>(),
                            .group_stride = weights,
                            .row_channel_stride = lanes,
                            .column_stride = taps,
                            .taps = taps,
                            .reversed = true};
      return sum_over_pixels<T>(e, patches_of(gy.data<T>(), e), g.out * taps, channels_of(x.data<T>(), e),
                                g.in, sink);
    }
    const TapPanels<T> patches = patches_of(x.data<T>(), g);
    const ChannelPanels<T> gradients = channels_of(gy.data<T>(), g);
    if (row_vectors<T>(lanes, g.out) < row_vectors<T>(g.out, lanes)) {
      const TapSink<T> sink{.data = gw.data<T>(),
                            .group_stride = weights,
                            .row_channel_stride = taps,
                            .column_stride = lanes,
                            .taps = taps,
                            .reversed = false};
      return sum_over_pixels<T>(g, patches, lanes, gradients, g.out, sink);
    }
    const MatrixSink<T> sink{.data = gw.data<T>(), .batch_stride = weights, .row_stride = lanes};
    sum_over_pixels<T>(g, gradients, g.out, patches, lanes, sink);
  });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(conv2d_weight_grad_lanes);
void conv2d_weight_grad(const Tensor& x, const Tensor& gy, Tensor& gw, Conv2dOptions options) {
  const ConvGeometry g(x.shape(), gw.shape(), gy.shape(), options);
  if (g.is_matrix_product()) {
    Tensor gw_matrix = gw.reshape({g.out, g.in});
    return matmul(gy.reshape({g.images, g.out}), x.reshape({g.images, g.in}), gw_matrix, {.trans_a = true});
  }
  if (pixels_are_few(g)) return conv2d_weight_grad_few(x, gy, gw, g);
  HWY_DYNAMIC_DISPATCH(conv2d_weight_grad_lanes)(x, gy, gw, g);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
