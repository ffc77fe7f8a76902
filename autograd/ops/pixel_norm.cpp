#include "autograd/ops/pixel_norm.h"

#include "autograd/graph.h"
#include "autograd/ops/check.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "kernels/pixel_norm.h"

namespace saddle {
namespace {

const Op pixel_norm_op("pixel_norm"), pixel_norm_grad_op("pixel_norm_grad");

void require_input(const char* op, const Variable& x, double eps) {
  require_channels(op, x);
  require(eps >= 0, op, ": eps ", eps, " is below 0");
}

}  // namespace

Variable pixel_norm(const Variable& x, double eps) {
  require_input("pixel_norm", x, eps);
  Tensor y = Tensor::like(x.value());
  kernels::pixel_norm(x.value(), y, eps);
  return record(pixel_norm_op, y, {x}, keep_input,
                [eps](const Vjp& v) -> Variables { return {pixel_norm_grad(v.gy, v.input(0), eps)}; });
}

Variable pixel_norm_grad(const Variable& gy, const Variable& x, double eps) {
  const char* op = "pixel_norm_grad";
  require_input(op, x, eps);
  require_alike(op, gy, x);
  require(gy.shape() == x.shape(), op, ": output gradient ", gy.shape(), " does not fit input ", x.shape());
  Tensor gx = Tensor::like(x.value());
  kernels::pixel_norm_grad(gy.value(), x.value(), gx, eps);
  return record(pixel_norm_grad_op, gx, {gy, x}, keep_all(2), vjp_by_composition([eps](const Variables& v) {
                  const Variable r = rsqrt(mean(square(v[1]), {1}, true) + eps);
                  return r * (v[0] - square(r) * mean(v[0] * v[1], {1}, true) * v[1]);
                }));
}

}  // namespace saddle
