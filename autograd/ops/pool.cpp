#include "autograd/ops/pool.h"

#include "autograd/ops/check.h"
#include "autograd/ops/index.h"
#include "autograd/ops/resample.h"
#include "autograd/ops/shape.h"
#include "kernels/pool.h"

namespace saddle {
namespace {

const Op max_pool2d_op("max_pool2d");
const ComposedOps composed{"adaptive_avg_pool2d", "avg_pool2d"};

using kernels::PoolWindow;

/// The options with the strides that zeros stand for, all checked.
PoolWindow window_of(const char* op, const Pair& kernel, Pair stride, const Pair& padding,
                     const Pair& dilation) {
  require_at_least(op, "kernel", kernel, 1);
  require_at_least(op, "stride", stride, 0);
  require_at_least(op, "padding", padding, 0);
  require_at_least(op, "dilation", dilation, 1);
  require(padding[0] <= kernel[0] / 2 && padding[1] <= kernel[1] / 2, op, ": padding ", str(padding),
          " is more than half of kernel ", str(kernel));
  for (size_t i = 0; i < 2; ++i)
    if (stride[i] == 0) stride[i] = kernel[i];
  return {.kernel = kernel, .stride = stride, .padding = padding, .dilation = dilation};
}

Pair output_size(const char* op, const Pair& image, const PoolWindow& w, bool ceil_mode) {
  Pair size{};
  for (size_t i = 0; i < 2; ++i)
    size[i] =
        kernels::pool_output_size(image[i], w.kernel[i], w.stride[i], w.padding[i], w.dilation[i], ceil_mode);
  require(size[0] > 0 && size[1] > 0, op, ": kernel ", str(w.kernel), " with dilation ", str(w.dilation),
          " is larger than image ", str(image), " with padding ", str(w.padding));
  return size;
}

/// A dilated window can step over the whole image; an axis where one does has no largest pixel there.
void require_pixel_in_windows(const char* op, const Pair& image, const Pair& size, const PoolWindow& w) {
  for (size_t i = 0; i < 2; ++i)
    for (int64_t o = 0; o < size[i]; ++o) {
      const int64_t first = o * w.stride[i] - w.padding[i], dilation = w.dilation[i];
      const int64_t last = first + (w.kernel[i] - 1) * dilation;
      const int64_t at = first < 0 ? first + (dilation - 1 - first) / dilation * dilation : first;
      require(at < image[i] && at <= last, op, ": kernel ", str(w.kernel), " with dilation ", str(w.dilation),
              " and padding ", str(w.padding), " has a window without a pixel of image ", str(image));
    }
}

/// Means over windows along axis i.
AxisMap window_map(int64_t in, int64_t out, const PoolWindow& w, size_t i, bool count_include_pad) {
  AxisMap map(in);
  std::vector<AxisMap::Tap> taps;
  for (int64_t o = 0; o < out; ++o) {
    const int64_t begin = o * w.stride[i] - w.padding[i];
    const int64_t end = std::min(begin + w.kernel[i], in + w.padding[i]);
    const int64_t first = std::max<int64_t>(begin, 0), last = std::min(end, in);
    const double count = static_cast<double>(count_include_pad ? end - begin : last - first);
    taps.clear();
    for (int64_t source = first; source < last; ++source) taps.push_back({source, 1 / count});
    map.push(taps);
  }
  return map;
}

AxisMap adaptive_map(int64_t in, int64_t out) {
  AxisMap map(in);
  std::vector<AxisMap::Tap> taps;
  for (int64_t o = 0; o < out; ++o) {
    const int64_t begin = o * in / out, end = ((o + 1) * in + out - 1) / out;
    taps.clear();
    for (int64_t source = begin; source < end; ++source)
      taps.push_back({source, 1 / static_cast<double>(end - begin)});
    map.push(taps);
  }
  return map;
}

}  // namespace

Variable max_pool2d(const Variable& x, Pair kernel, const MaxPool2dOptions& options) {
  const char* op = max_pool2d_op.name();
  const Pair image = require_pixels(op, x);
  const PoolWindow window = window_of(op, kernel, options.stride, options.padding, options.dilation);
  const Pair size = output_size(op, image, window, options.ceil_mode);
  require_pixel_in_windows(op, image, size, window);
  Tensor y = Tensor::like(x.value(), {x.size(0), x.size(1), size[0], size[1]});
  Tensor index = Tensor::empty(y.shape(), DType::i64, y.device());
  kernels::max_pool2d(x.value(), y, index, window);
  const Variable chosen = index.reshape({x.size(0) * x.size(1), size[0] * size[1]});
  return record(max_pool2d_op, y, {x}, keep_nothing, [chosen](const Vjp& v) -> Variables {
    const Shape& shape = v.shape(0);
    const Shape planes{chosen.size(0), shape[2] * shape[3]};
    return {reshape(scatter_add(reshape(v.gy, chosen.shape()), 1, chosen, planes), shape)};
  });
}

Variable avg_pool2d(const Variable& x, Pair kernel, const AvgPool2dOptions& options) {
  const char* op = "avg_pool2d";
  const Pair image = require_pixels(op, x);
  const PoolWindow window = window_of(op, kernel, options.stride, options.padding, {1, 1});
  const Pair size = output_size(op, image, window, options.ceil_mode);
  return resample2d(x, window_map(image[0], size[0], window, 0, options.count_include_pad),
                    window_map(image[1], size[1], window, 1, options.count_include_pad));
}

Variable adaptive_avg_pool2d(const Variable& x, Pair size) {
  const Pair image = require_pixels("adaptive_avg_pool2d", x);
  require_at_least("adaptive_avg_pool2d", "size", size, 1);
  return resample2d(x, adaptive_map(image[0], size[0]), adaptive_map(image[1], size[1]));
}

}  // namespace saddle
