#include "autograd/ops/resample.h"

#include <cmath>

#include "autograd/ops/check.h"
#include "kernels/resample.h"

namespace saddle {
namespace {

const Op resample2d_op("resample2d");
const ComposedOps composed{"interpolate", "upsample_bilinear2d", "upsample_nearest2d"};

AxisMap nearest_map(int64_t in, int64_t out) {
  AxisMap map(in);
  const float scale = static_cast<float>(in) / static_cast<float>(out);
  for (int64_t i = 0; i < out; ++i)
    map.push({{std::min(static_cast<int64_t>(std::floor(static_cast<float>(i) * scale)), in - 1), 1}});
  return map;
}

AxisMap linear_map(int64_t in, int64_t out, bool align_corners) {
  AxisMap map(in);
  const auto ratio = [](int64_t a, int64_t b) { return static_cast<double>(a) / static_cast<double>(b); };
  const double scale = !align_corners ? ratio(in, out) : out > 1 ? ratio(in - 1, out - 1) : 0;
  for (int64_t i = 0; i < out; ++i) {
    const auto at = static_cast<double>(i);
    const double source = align_corners ? at * scale : std::max(0.0, (at + 0.5) * scale - 0.5);
    const int64_t left = static_cast<int64_t>(source);
    const double weight = source - static_cast<double>(left);
    if (left >= in - 1)
      map.push({{in - 1, 1}});
    else
      map.push({{left, 1 - weight}, {left + 1, weight}});
  }
  return map;
}

}  // namespace

Variable resample2d(const Variable& x, const AxisMap& rows, const AxisMap& columns, double fill) {
  const char* op = resample2d_op.name();
  require_images(op, x);
  const Pair sources{rows.sources(), columns.sources()};
  require(extents(x) == sources, op, ": maps of ", str(sources), " pixels do not fit input ", x.shape());
  Tensor y = Tensor::like(x.value(), {x.size(0), x.size(1), rows.outputs(), columns.outputs()});
  kernels::resample2d(x.value(), y, rows, columns, fill);
  return record(resample2d_op, y, {x}, keep_nothing, [rows, columns](const Vjp& v) -> Variables {
    return {resample2d(v.gy, rows.transposed(), columns.transposed())};
  });
}

Variable upsample_nearest2d(const Variable& x, Pair size) {
  const Pair image = require_pixels("upsample_nearest2d", x);
  require_at_least("upsample_nearest2d", "size", size, 1);
  return resample2d(x, nearest_map(image[0], size[0]), nearest_map(image[1], size[1]));
}

Variable upsample_bilinear2d(const Variable& x, Pair size, bool align_corners) {
  const Pair image = require_pixels("upsample_bilinear2d", x);
  require_at_least("upsample_bilinear2d", "size", size, 1);
  return resample2d(x, linear_map(image[0], size[0], align_corners),
                    linear_map(image[1], size[1], align_corners));
}

Variable interpolate(const Variable& x, int64_t scale_factor, Interpolation mode, bool align_corners) {
  const Pair image = require_pixels("interpolate", x);
  require(scale_factor >= 1, "interpolate: scale_factor ", scale_factor, " is below 1");
  const bool nearest = mode == Interpolation::nearest;
  require(!nearest || !align_corners, "interpolate: align_corners has no meaning for mode nearest");
  const Pair size{image[0] * scale_factor, image[1] * scale_factor};
  return nearest ? upsample_nearest2d(x, size) : upsample_bilinear2d(x, size, align_corners);
}

}  // namespace saddle
