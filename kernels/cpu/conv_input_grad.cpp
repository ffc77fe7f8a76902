// conv2d_input_grad on the CPU, by gathering: an image position reads those outputs that read it. Positions
// of one phase (position + padding modulo the stride) read through the same taps, so a phase is a convolution
// of gy with stride 1, and no product with a zero between outputs is ever formed. Layers for which this goes
// badly have ways of their own: conv_scatter.h, conv_few.h.
#include "kernels/conv.h"
#include "kernels/matmul.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/conv_input_grad.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/conv-inl.h"
#include "kernels/cpu/conv_few.h"
#include "kernels/cpu/conv_scatter.h"
#include "kernels/cpu/winograd_tiles-inl.h"
#include "kernels/cpu/winograd_weights-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// Each phase by itself. A position sees the output gradient before it with the kernel's last tap, and that
/// beside it with the first.
template <class T, class F>
void conv2d_input_grad_winograd(const Tensor& gy, const Tensor& w, Tensor& gx, const ConvGeometry& g) {
  using Weights = FilterPanels<T, F>;
  using Patches = TilePanels<T, DataOf<F>, F::outputs, 1>;
  const int64_t stride = g.stride[0];
  std::vector<PointProducts<Weights, Patches, TileSink<T, F>>> families;
  for (int64_t i = 0; i < stride; ++i)
    for (int64_t j = 0; j < stride; ++j) {
      const AxisTaps rows = gradient_taps(g, 0, i), columns = gradient_taps(g, 1, j);
      const std::array<int64_t, 2> grid{rows.count, columns.count}, tiles = tiles_of(grid, F::outputs);
      const int64_t lanes = g.images * tiles[0] * tiles[1];
      const auto before = [&](const AxisTaps& axis, size_t a) {
        return (axis.first + g.padding[a]) / stride - (F::taps - 1);
      };
      families.push_back({.m = g.in,
                          .n = lanes,
                          .k = g.out,
                          .k_step = g.out,
                          .a = {.data = w.data<T>(),
                                .lane_stride = g.taps(),
                                .channel_stride = g.in * g.taps(),
                                .lanes = g.in,
                                .stride = stride,
                                .phase = {i * stride + j, i * stride + j + 1},
                                .reversed = true},
                          .b = {.data = gy.data<T>(),
                                .image_stride = g.out * g.output_pixels(),
                                .extent = g.output,
                                .first = {before(rows, 0), before(columns, 1)},
                                .tiles = tiles,
                                .lanes = lanes},
                          .c = {.data = gx.data<T>() + rows.first * g.image[1] + columns.first,
                                .image_stride = g.in * g.image_pixels(),
                                .channel_stride = g.image_pixels(),
                                .row_stride = stride * g.image[1],
                                .column_stride = stride,
                                .grid = grid,
                                .tiles = tiles}});
    }
  multiply_points<T>(families, F());
}

void conv2d_input_grad_lanes(const Tensor& gy, const Tensor& w, Tensor& gx, const ConvGeometry& g) {
  dispatch_float("conv2d_input_grad", gx.dtype(), [&]<class T>() {
    const std::array<int64_t, 2> phase{g.image[0] / g.stride[0], g.image[1] / g.stride[1]};
    if (with_filter<T>(filtering_of(g, phase, gx.dtype()), g.stride[0],
                       [&]<class F, int64_t>() { conv2d_input_grad_winograd<T, F>(gy, w, gx, g); }))
      return;
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
  if (pixels_are_few(g)) return conv2d_input_grad_few(gy, w, gx, g);
  if (scatters(g, gx.dtype())) return conv2d_input_grad_scattered(gy, w, gx, g);
  HWY_DYNAMIC_DISPATCH(conv2d_input_grad_lanes)(gy, w, gx, g);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
