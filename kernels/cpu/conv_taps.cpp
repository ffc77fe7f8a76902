#include "kernels/cpu/conv_taps.h"

#include <algorithm>

namespace saddle::kernels::cpu {
namespace {

/// True if some i in [0, count) has 0 <= step * i + offset < extent.
bool meets(int64_t count, int64_t step, int64_t offset, int64_t extent) {
  const int64_t i = offset >= 0 ? 0 : (-offset + step - 1) / step;
  return i < count && step * i + offset < extent;
}

}  // namespace

Filtering filtering_of(const ConvGeometry& g, const std::array<int64_t, 2>& grid, DType dtype) {
  if (g.groups != 1 || g.kernel[0] != g.kernel[1] || g.stride[0] != g.stride[1] ||
      g.dilation != std::array<int64_t, 2>{1, 1})
    return Filtering::none;
  // Products of all points over the tiles of the grid, for each pair of channels.
  const auto products = [&](int64_t side) {
    const auto [rows, columns] = tiles_of(grid, side);
    const int64_t points = side + g.kernel[0] / g.stride[0] - 1;
    return points * points * rows * columns;
  };
  // Each axis of the products must be long enough for what is transformed to be used often; and there must be
  // so much fewer of them than of the direct sum's that there is time left for the transforms.
  const auto pays = [&](int64_t side, int64_t least_channels, int64_t least_tiles) {
    const auto [rows, columns] = tiles_of(grid, side);
    const int64_t taps = g.kernel[0] / g.stride[0];
    return std::min(g.in, g.out) >= least_channels && g.images * rows * columns >= least_tiles &&
           5 * products(side) <= 4 * taps * taps * grid[0] * grid[1];
  };
  if (g.stride[0] <= 2 && g.kernel[0] == 2 * g.stride[0] && pays(2, 16, 16)) {
    const bool wide = dtype == DType::f32 && g.stride[0] == 2 && pays(4, 64, 16) &&
                      6 * products(4) <= 5 * products(2);  // larger tiles have dearer transforms
    return wide ? Filtering::two_taps_wide : Filtering::two_taps;
  }
  if (dtype == DType::f32 && g.stride[0] == 1) {
    if (g.kernel[0] == 3 && pays(4, 32, 16)) return Filtering::three_taps;
    if (g.kernel[0] == 4 && pays(3, 32, 16)) return Filtering::four_taps;
  }
  return Filtering::none;
}

AxisTaps forward_taps(const ConvGeometry& g, int axis) {
  const auto i = static_cast<size_t>(axis);
  AxisTaps result{.count = g.output[i], .step = g.stride[i], .first = 0, .taps = {}};
  for (int64_t u = 0; u < g.kernel[i]; ++u) {
    const int64_t offset = u * g.dilation[i] - g.padding[i];
    if (meets(result.count, result.step, offset, g.image[i])) result.taps.push_back({u, offset});
  }
  return result;
}

AxisTaps gradient_taps(const ConvGeometry& g, int axis, int64_t phase) {
  const auto i = static_cast<size_t>(axis);
  const int64_t stride = g.stride[i];
  // The first position >= 0 of the phase; the next ones follow at distance `stride`.
  const int64_t first = ((phase - g.padding[i]) % stride + stride) % stride;
  AxisTaps result{.count = std::max<int64_t>(0, (g.image[i] - first + stride - 1) / stride),
                  .step = 1,
                  .first = first,
                  .taps = {}};
  for (int64_t u = 0; u < g.kernel[i]; ++u) {
    const int64_t distance = first + g.padding[i] - u * g.dilation[i];
    if (distance % stride == 0 && meets(result.count, 1, distance / stride, g.output[i]))
      result.taps.push_back({u, distance / stride});
  }
  return result;
}

}  // namespace saddle::kernels::cpu
