#include "autograd/ops/reverse_gradient.h"

#include "autograd/ops/check.h"
#include "autograd/ops/elementwise.h"

namespace saddle {
namespace {

const Op reverse_gradient_op("reverse_gradient");

}  // namespace

Variable reverse_gradient(const Variable& x, const Variable& strength) {
  require_float("reverse_gradient", x);
  require_alike("reverse_gradient", x, strength);
  require(strength.rank() == 0, "reverse_gradient: strength ", strength.shape(), " is not a scalar");
  return record(reverse_gradient_op, x.value(), {x, strength}, {.inputs_for = {bit(1)}},
                [](const Vjp& v) -> Variables {
                  return {neg(v.gy * v.input(1)), {}};
                });
}

}  // namespace saddle
