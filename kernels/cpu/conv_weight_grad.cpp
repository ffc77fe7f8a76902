// conv2d_weight_grad on the CPU: for each group, gw[o, (c, tap)] = gy[o, pixel] patch[(c, tap), pixel],
// summed over the pixels of all images. Columns fill vectors, rows need not: where the taps of few channels
// would leave much of one empty, they are the rows and o the columns. Where it is gy that has few channels,
// as in layers that end in an image, its taps are: gw[(o, tap), c] = patch of gy[(o, tap), pixel] x[c,
// pixel], summed over the pixels of x, each of which is then packed once instead of once for each tap.
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

/// Rows are the taps of the image's channels.
template <class T>
void sum_with_tap_rows(const ConvGeometry& g, const T* image, const T* output, const TapSink<T>& sink) {
  sum_over_pixels<T>(g, patches_of(image, g), g.in * g.taps(), channels_of(output, g), g.out, sink);
}

/// Vectors that the rows of an m x n result take.
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
    const int64_t taps = g.taps(), lanes = g.in * taps;
    TapSink<T> sink{.data = gw.data<T>(),
                    .group_stride = g.out * lanes,
                    .row_channel_stride = taps,
                    .column_stride = lanes,
                    .taps = taps,
                    .reversed = false};
    if (output_is_thin(g) && g.stride[0] == 1) {
      std::swap(sink.row_channel_stride, sink.column_stride);
      sink.reversed = true;
      return sum_with_tap_rows<T>(exchanged(g), gy.data<T>(), x.data<T>(), sink);
    }
    if (row_vectors<T>(lanes, g.out) < row_vectors<T>(g.out, lanes))
      return sum_with_tap_rows<T>(g, x.data<T>(), gy.data<T>(), sink);
    const MatrixSink<T> rows{.data = gw.data<T>(), .batch_stride = g.out * lanes, .row_stride = lanes};
    sum_over_pixels<T>(g, channels_of(gy.data<T>(), g), g.out, patches_of(x.data<T>(), g), lanes, rows);
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
