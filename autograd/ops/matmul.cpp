#include "autograd/ops/matmul.h"

#include "autograd/ops/check.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/shape.h"

namespace saddle {
namespace {

const Op matmul_op("matmul");
const ComposedOps composed{"linear"};

/// The axes before the last two.
Shape batch_of(const Shape& shape) {
  return Shape(std::span(shape.begin(), static_cast<size_t>(shape.rank() - 2)));
}

Shape with_matrix(Shape batch, int64_t rows, int64_t columns) {
  batch.push_back(rows);
  batch.push_back(columns);
  return batch;
}

/// x with its batch axes broadcast to `batch`; a single matrix stays as it is.
Variable expand_batch(const Variable& x, const Shape& batch) {
  return x.rank() == 2 ? x : expand(x, with_matrix(batch, x.size(-2), x.size(-1)));
}

}  // namespace

Variable matmul(const Variable& a, const Variable& b, MatmulOptions options) {
  require_alike("matmul", a, b);
  require_float("matmul", a);
  require(a.rank() >= 2 && b.rank() >= 2, "matmul: shapes ", a.shape(), " and ", b.shape(),
          ": both need rank 2 or more");
  const auto [trans_a, trans_b] = options;
  const int64_t m = a.size(trans_a ? -1 : -2), n = b.size(trans_b ? -2 : -1);
  const int64_t k = a.size(trans_a ? -2 : -1), k_of_b = b.size(trans_b ? -1 : -2);
  require(k == k_of_b, "matmul: ", a.shape(), trans_a ? " transposed" : "", " has ", k, " columns, ",
          b.shape(), trans_b ? " transposed" : "", " has ", k_of_b, " rows");
  const Shape batch = broadcast_shape("matmul", batch_of(a.shape()), batch_of(b.shape()));
  // One b for a batch of a: a single tall product, forwards and in b's gradient.
  if (a.rank() > 2 && b.rank() == 2 && !trans_a)
    return reshape(matmul(reshape(a, {batch.numel() * m, k}), b, options), with_matrix(batch, m, n));
  const Variable a_all = expand_batch(a, batch), b_all = expand_batch(b, batch);
  Tensor y = Tensor::like(a.value(), with_matrix(batch, m, n));
  kernels::matmul(a_all.value(), b_all.value(), y, options);
  return record(matmul_op, y, {a_all, b_all}, {.inputs_for = {bit(1), bit(0)}},
                [trans_a, trans_b](const Vjp& v) -> Variables {
                  Variable ga, gb;
                  if (v.needs(0))
                    ga = trans_a ? matmul(v.input(1), v.gy, {.trans_a = trans_b, .trans_b = true})
                                 : matmul(v.gy, v.input(1), {.trans_b = !trans_b});
                  if (v.needs(1))
                    gb = trans_b ? matmul(v.gy, v.input(0), {.trans_a = true, .trans_b = trans_a})
                                 : matmul(v.input(0), v.gy, {.trans_a = !trans_a});
                  return {ga, gb};
                });
}

Variable linear(const Variable& x, const Variable& w, const Variable& b, const Activation& activation) {
  require(w.rank() == 2, "linear: weight ", w.shape(), " is not [O,I]");
  require(x.rank() >= 1 && x.size(-1) == w.size(1), "linear: weight ", w.shape(), " expects ", w.size(1),
          " features, input ", x.shape(), " has ", x.rank() ? x.size(-1) : 0);
  require(!b.defined() || b.shape() == Shape{w.size(0)}, "linear: bias ", b.defined() ? b.shape() : Shape{},
          " does not fit the ", w.size(0), " outputs of weight ", w.shape());
  const Variable rows = x.rank() == 1 ? reshape(x, {1, x.size(0)}) : x;
  const Variable product = matmul(rows, w, {.trans_b = true});
  if (x.rank() > 2) return bias_act_over(b.defined() ? product + b : product, {}, activation);
  const Variable y = bias_act_over(product, b, activation);
  return x.rank() == 1 ? reshape(y, {w.size(0)}) : y;
}

}  // namespace saddle
