#include "autograd/ops/reduce.h"

#include "autograd/graph.h"
#include "autograd/ops/check.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/shape.h"
#include "kernels/reduce.h"

namespace saddle {
namespace {

const Op sum_op("sum"), amax_op("amax"), amin_op("amin"), argmax_op("argmax");
const ComposedOps composed{"mean", "var", "sum_to"};

kernels::AxisMask mask_of(const char* op, const Shape& shape, const Axes& axes) {
  if (axes.empty()) return (1u << shape.rank()) - 1u;
  kernels::AxisMask mask = 0;
  for (int axis : axes) {
    const kernels::AxisMask one = 1u << require_axis(op, axis, shape);
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

/// Elements of `shape` that one element of the reduction gathers.
int64_t count_of(const Shape& shape, kernels::AxisMask mask) {
  int64_t count = 1;
  for (int i = 0; i < shape.rank(); ++i)
    if (mask >> i & 1u) count *= shape[i];
  return count;
}

Tensor apply(const Op& op, const kernels::Kernel<kernels::Reduce>& kernel, const Variable& x,
             kernels::AxisMask mask, bool keepdim) {
  require_float(op.name(), x);
  Tensor y = Tensor::like(x.value(), reduced_shape(x.shape(), mask, keepdim));
  kernel(x.value(), y, mask);
  return y;
}

/// amax and amin: the gradient goes to the elements that equal the result, in even shares.
Variable extremum(const Op& op, const kernels::Kernel<kernels::Reduce>& kernel, const Variable& x,
                  const Axes& axes, bool keepdim) {
  const kernels::AxisMask mask = mask_of(op.name(), x.shape(), axes);
  require(count_of(x.shape(), mask) > 0, op.name(), ": shape ", x.shape(), " has no elements to choose from");
  return record(op, apply(op, kernel, x, mask, keepdim), {x}, {.inputs_for = {bit(0)}, .output = true},
                [axes, mask](const Vjp& v) -> Variables {
                  const Shape kept = reduced_shape(v.shape(0), mask, true);
                  const Variable chosen = cast(eq(v.input(0), reshape(v.output(), kept)), v.gy.dtype());
                  return {chosen * (reshape(v.gy, kept) / sum(chosen, axes, true))};
                });
}

}  // namespace

Variable sum(const Variable& x, const Axes& axes, bool keepdim) {
  const kernels::AxisMask mask = mask_of("sum", x.shape(), axes);
  return record(sum_op, apply(sum_op, kernels::sum, x, mask, keepdim), {x}, keep_nothing,
                [mask](const Vjp& v) -> Variables {
                  return {expand(reshape(v.gy, reduced_shape(v.shape(0), mask, true)), v.shape(0))};
                });
}

Variable mean(const Variable& x, const Axes& axes, bool keepdim) {
  const int64_t count = count_of(x.shape(), mask_of("mean", x.shape(), axes));
  return sum(x, axes, keepdim) / static_cast<double>(count);
}

Variable var(const Variable& x, const Axes& axes, int64_t correction, bool keepdim) {
  const int64_t count = count_of(x.shape(), mask_of("var", x.shape(), axes));
  require(correction >= 0 && count > correction, "var: correction ", correction,
          " is not between 0 and the number of elements less one, ", count - 1);
  const Variable squares = square(x - mean(x, axes, true));
  return sum(squares, axes, keepdim) / static_cast<double>(count - correction);
}

Variable amax(const Variable& x, const Axes& axes, bool keepdim) {
  return extremum(amax_op, kernels::amax, x, axes, keepdim);
}

Variable amin(const Variable& x, const Axes& axes, bool keepdim) {
  return extremum(amin_op, kernels::amin, x, axes, keepdim);
}

Variable argmax(const Variable& x, int axis, bool keepdim) {
  const kernels::AxisMask mask = mask_of("argmax", x.shape(), {axis});
  require(count_of(x.shape(), mask) > 0, "argmax: shape ", x.shape(), " has no elements to choose from");
  Tensor y = Tensor::empty(reduced_shape(x.shape(), mask, keepdim), DType::i64, x.device());
  kernels::argmax(x.value(), y, x.shape().axis(axis));
  return y;
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
