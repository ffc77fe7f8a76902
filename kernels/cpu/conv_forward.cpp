// conv2d on the CPU: for each group, y[o, pixel] = w[o, (c, tap)] patch[(c, tap), pixel].
#include "kernels/conv.h"
#include "kernels/matmul.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/conv_forward.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/conv-inl.h"
#include "kernels/cpu/conv_few.h"
#include "kernels/cpu/conv_thin.h"
#include "kernels/cpu/winograd_tiles-inl.h"
#include "kernels/cpu/winograd_weights-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

template <class T, class F, int64_t stride>
void conv2d_winograd(const Tensor& x, const Tensor& w, Tensor& y, const ConvGeometry& g) {
  using Weights = FilterPanels<T, F>;
  using Patches = TilePanels<T, DataOf<F>, F::outputs, stride>;
  using Sink = TileSink<T, F>;
  constexpr int64_t phases = stride * stride;
  const std::array<int64_t, 2> tiles = tiles_of(g.output, F::outputs);
  const int64_t lanes = g.images * tiles[0] * tiles[1], k = g.in * phases;
  const std::vector<PointProducts<Weights, Patches, Sink>> product{
      {.m = g.out,
       .n = lanes,
       .k = k,
       .k_step = k,
       .a = {.data = w.data<T>(),
             .lane_stride = g.in * g.taps(),
             .channel_stride = g.taps(),
             .lanes = g.out,
             .stride = stride,
             .phase = {0, phases},
             .reversed = false},
       .b = {.data = x.data<T>(),
             .image_stride = g.in * g.image_pixels(),
             .extent = g.image,
             .first = {-g.padding[0], -g.padding[1]},
             .tiles = tiles,
             .lanes = lanes},
       .c = {.data = y.data<T>(),
             .image_stride = g.out * g.output_pixels(),
             .channel_stride = g.output_pixels(),
             .row_stride = g.output[1],
             .column_stride = 1,
             .grid = g.output,
             .tiles = tiles}}};
  multiply_points<T>(product, F());
}

void conv2d_lanes(const Tensor& x, const Tensor& w, Tensor& y, const ConvGeometry& g) {
  dispatch_float("conv2d", y.dtype(), [&]<class T>() {
    if (with_filter<T>(filtering_of(g, g.output, y.dtype()), g.stride[0],
                       [&]<class F, int64_t stride>() { conv2d_winograd<T, F, stride>(x, w, y, g); }))
      return;
    const AxisTaps rows = forward_taps(g, 0), columns = forward_taps(g, 1);
    const int64_t pixels = g.images * g.output_pixels();
    const PatchPanels<T> patches{.data = x.data<T>(),
                                 .group_stride = g.in * g.image_pixels(),
                                 .image_stride = g.groups * g.in * g.image_pixels(),
                                 .extent = g.image,
                                 .rows = rows,
                                 .columns = columns,
                                 .lanes = pixels};
    const PixelSink<T> sink{.data = y.data<T>(),
                            .group_stride = g.out * g.output_pixels(),
                            .image_stride = g.groups * g.out * g.output_pixels(),
                            .channel_stride = g.output_pixels(),
                            .grid_rows = g.output[0],
                            .grid_columns = g.output[1],
                            .row_stride = g.output[1],
                            .column_stride = 1};
    const WeightPanels<T> weights(w.data<T>(), g, true, rows, columns);
    const std::vector<Product<WeightPanels<T>, PatchPanels<T>, PixelSink<T>>> product{
        {g.out, pixels, g.in * patches.taps(), std::max<int64_t>(1, patches.taps()), weights, patches, sink}};
    gemm<T>(g.groups, product);
  });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(conv2d_lanes);
void conv2d(const Tensor& x, const Tensor& w, Tensor& y, Conv2dOptions options) {
  const ConvGeometry g(x.shape(), w.shape(), y.shape(), options);
  if (g.is_matrix_product()) {
    Tensor y_matrix = y.reshape({g.images, g.out});
    return matmul(x.reshape({g.images, g.in}), w.reshape({g.out, g.in}), y_matrix, {.trans_b = true});
  }
  if (output_is_thin(g)) return conv2d_thin(x, w, y, options);
  if (pixels_are_few(g)) return conv2d_few(x, w, y, g);
  HWY_DYNAMIC_DISPATCH(conv2d_lanes)(x, w, y, g);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
