// conv2d_input_grad on the CPU, by gathering: an image position reads those outputs that read it. Positions
// of one phase (position + padding modulo the stride) read through the same taps, so a phase is a convolution
// of gy with stride 1, and no product with a zero between outputs is ever formed.
#include "kernels/conv.h"
#include "kernels/matmul.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/conv_input_grad.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/conv-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

void conv2d_input_grad_lanes(const Tensor& gy, const Tensor& w, Tensor& gx, const ConvGeometry& g) {
  dispatch_float("conv2d_input_grad", gx.dtype(), [&]<class T>() {
    std::vector<Product<WeightPanels<T>, PatchPanels<T>, PixelSink<T>>> phases;
    for (int64_t i = 0; i < g.stride[0]; ++i)
      for (int64_t j = 0; j < g.stride[1]; ++j) {
        const AxisTaps rows = gradient_taps(g, 0, i), columns = gradient_taps(g, 1, j);
        const int64_t pixels = g.images * rows.count * columns.count;
        if (pixels == 0) continue;
        const PatchPanels<T> patches{.data = gy.data<T>(),
                                     .group_stride = g.out * g.output_pixels(),
                                     .image_stride = g.groups * g.out * g.output_pixels(),
                                     .extent = g.output,
                                     .rows = rows,
                                     .columns = columns,
                                     .lanes = pixels};
        const PixelSink<T> sink{.data = gx.data<T>() + rows.first * g.image[1] + columns.first,
                                .group_stride = g.in * g.image_pixels(),
                                .image_stride = g.groups * g.in * g.image_pixels(),
                                .channel_stride = g.image_pixels(),
                                .grid_rows = rows.count,
                                .grid_columns = columns.count,
                                .row_stride = g.stride[0] * g.image[1],
                                .column_stride = g.stride[1]};
        const WeightPanels<T> weights(w.data<T>(), g, false, rows, columns);
        phases.push_back({g.in, pixels, g.out * patches.taps(), std::max<int64_t>(1, patches.taps()), weights,
                          patches, sink});
      }
    gemm<T>(g.groups, phases);
  });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(conv2d_input_grad_lanes);
void conv2d_input_grad(const Tensor& gy, const Tensor& w, Tensor& gx, Conv2dOptions options) {
  const ConvGeometry g(gx.shape(), w.shape(), gy.shape(), options);
  if (g.is_matrix_product()) {
    Tensor gx_matrix = gx.reshape({g.images, g.in});
    return matmul(gy.reshape({g.images, g.out}), w.reshape({g.out, g.in}), gx_matrix, {});
  }
  HWY_DYNAMIC_DISPATCH(conv2d_input_grad_lanes)(gy, w, gx, g);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
