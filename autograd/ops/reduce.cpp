#include "autograd/ops/reduce.h"

#include "autograd/graph.h"
#include "autograd/ops/shape.h"
#include "kernels/reduce.h"

namespace saddle {
namespace {

const Op sum_op("sum");
const ComposedOps composed{"sum_to"};

kernels::AxisMask mask_of(const char* op, const Shape& shape, const Axes& axes) {
  if (axes.empty()) return (1u << shape.rank()) - 1u;
  kernels::AxisMask mask = 0;
  for (int axis : axes) {
    require(axis >= -shape.rank() && axis < shape.rank(), op, ": axis ", axis, " is out of range for shape ",
            shape);
    const kernels::AxisMask one = 1u << shape.axis(axis);
    require(!(mask & one), op, ": axis ", axis, " is given twice");
    mask |= one;
  }
  return mask;
}

/// `shape` with extent 1 at the masked axes, or without them.
Shape reduced_shape(const Shape& shape, kernels::AxisMask mask, bool keepdim) {
  Shape reduced;
  for (int i = 0; i < shape.rank(); ++i)
    if (!(mask >> i & 1u))
      reduced.push_back(shape[i]);
    else if (keepdim)
      reduced.push_back(1);
  return reduced;
}

}  // namespace

Variable sum(const Variable& x, const Axes& axes, bool keepdim) {
  const kernels::AxisMask mask = mask_of("sum", x.shape(), axes);
  Tensor y = Tensor::like(x.value(), reduced_shape(x.shape(), mask, keepdim));
  kernels::sum(x.value(), y, mask);
  return record(sum_op, y, {x}, keep_nothing, [mask](const Vjp& v) -> Variables {
    return {expand(reshape(v.gy, reduced_shape(v.shape(0), mask, true)), v.shape(0))};
  });
}

Variable sum_to(const Variable& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  require(broadcast_shape("sum_to", x.shape(), shape) == x.shape(), "sum_to: shape ", shape,
          " does not broadcast to ", x.shape());
  const int extra = x.rank() - shape.rank();
  Axes axes;
  for (int i = 0; i < x.rank(); ++i)
    if (i < extra || (shape[i - extra] == 1 && x.size(i) != 1)) axes.push_back(i);
  return axes.empty() ? reshape(x, shape) : reshape(sum(x, axes), shape);
}

}  // namespace saddle
