#include "autograd/ops/pad.h"

#include "autograd/ops/check.h"
#include "autograd/ops/resample.h"

namespace saddle {
namespace {

const ComposedOps composed{"constant_pad2d", "reflection_pad2d", "replication_pad2d", "zero_pad2d"};

std::string str(const Pad2d& pad) {
  return concat('[', pad.left, ',', pad.right, ',', pad.top, ',', pad.bottom, ']');
}

/// `source_of(i)` is the pixel that stands at position i of the padded axis, counted from the image's first;
/// -1 for none.
template <class F>
AxisMap pad_map(int64_t extent, int64_t before, int64_t after, F source_of) {
  AxisMap map(extent);
  for (int64_t i = -before; i < extent + after; ++i)
    if (const int64_t source = source_of(i); source >= 0)
      map.push({{source, 1}});
    else
      map.push({});
  return map;
}

/// `source_of(i, extent)` as above.
template <class F>
Variable pad2d(const char* op, const Variable& x, const Pad2d& pad, F source_of, double fill = 0) {
  const auto [height, width] = require_pixels(op, x);
  require(std::min({pad.left, pad.right, pad.top, pad.bottom}) >= 0, op, ": pad ", str(pad), " is below 0");
  const auto map = [&](int64_t extent, int64_t before, int64_t after) {
    return pad_map(extent, before, after, [&](int64_t i) { return source_of(i, extent); });
  };
  return resample2d(x, map(height, pad.top, pad.bottom), map(width, pad.left, pad.right), fill);
}

int64_t inside(int64_t i, int64_t extent) {
  return i >= 0 && i < extent ? i : -1;
}

}  // namespace

Variable constant_pad2d(const Variable& x, const Pad2d& pad, double value) {
  return pad2d("constant_pad2d", x, pad, inside, value);
}

Variable zero_pad2d(const Variable& x, const Pad2d& pad) {
  return pad2d("zero_pad2d", x, pad, inside);
}

Variable reflection_pad2d(const Variable& x, const Pad2d& pad) {
  const auto [height, width] = require_pixels("reflection_pad2d", x);
  require(std::max(pad.left, pad.right) < width && std::max(pad.top, pad.bottom) < height,
          "reflection_pad2d: pad ", str(pad), " is not smaller than the image of ", x.shape());
  return pad2d("reflection_pad2d", x, pad, [](int64_t i, int64_t extent) {
    const int64_t from_start = std::abs(i);
    return from_start < extent ? from_start : 2 * (extent - 1) - from_start;
  });
}

Variable replication_pad2d(const Variable& x, const Pad2d& pad) {
  return pad2d("replication_pad2d", x, pad,
               [](int64_t i, int64_t extent) { return std::clamp<int64_t>(i, 0, extent - 1); });
}

}  // namespace saddle
