#include "autograd/ops/shape.h"

#include "autograd/graph.h"
#include "kernels/shape.h"

namespace saddle {
namespace {

const Op reshape_op("reshape"), expand_op("expand");

}  // namespace

Variable reshape(const Variable& x, std::span<const int64_t> shape) {
  return record(reshape_op, x.value().reshape(shape), {x}, keep_nothing,
                [](const Vjp& v) -> Variables { return {reshape(v.gy, v.shape(0))}; });
}

// The walker sums a broadcast gradient back to its input's shape, so there is nothing else to do.
Variable expand(const Variable& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  require(broadcast_shape("expand", x.shape(), shape) == shape, "expand: shape ", x.shape(),
          " does not broadcast to ", shape);
  Tensor y = Tensor::like(x.value(), shape);
  kernels::expand(x.value(), y);
  return record(expand_op, y, {x}, keep_nothing, [](const Vjp& v) -> Variables { return {v.gy}; });
}

}  // namespace saddle
