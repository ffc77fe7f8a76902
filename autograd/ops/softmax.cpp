#include "autograd/ops/softmax.h"

#include "autograd/graph.h"
#include "autograd/ops/check.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "kernels/softmax.h"

namespace saddle {
namespace {

const Op softmax_op("softmax"), log_softmax_op("log_softmax");

Tensor apply(const Op& op, const kernels::Kernel<kernels::Softmax>& kernel, const Variable& x, int axis) {
  require_float(op.name(), x);
  Tensor y = Tensor::like(x.value());
  kernel(x.value(), y, require_axis(op.name(), axis, x.shape()));
  return y;
}

}  // namespace

Variable softmax(const Variable& x, int axis) {
  return record(softmax_op, apply(softmax_op, kernels::softmax, x, axis), {x}, keep_output,
                [axis](const Vjp& v) -> Variables {
                  const Variable y = v.output(), weighted = v.gy * y;
                  return {weighted - y * sum(weighted, {axis}, true)};
                });
}

Variable log_softmax(const Variable& x, int axis) {
  return record(
      log_softmax_op, apply(log_softmax_op, kernels::log_softmax, x, axis), {x}, keep_output,
      [axis](const Vjp& v) -> Variables { return {v.gy - exp(v.output()) * sum(v.gy, {axis}, true)}; });
}

}  // namespace saddle
