#include "autograd/ops/index.h"

#include <algorithm>

#include "autograd/ops/check.h"
#include "autograd/ops/shape.h"
#include "kernels/elementwise.h"
#include "kernels/index.h"

namespace saddle {
namespace {

const Op gather_op("gather"), scatter_add_op("scatter_add"), index_select_op("index_select"),
    index_add_op("index_add");
const ComposedOps composed{"one_hot"};

/// An index [K] for K slices.
void require_list(const char* op, const Variable& index) {
  require(index.rank() == 1, op, ": index ", index.shape(), " is not [K]");
}

/// Other axes than `axis` of `small` are at most those of `large`.
void require_within(const char* op, const Shape& small, const Shape& large, int axis) {
  bool within = small.rank() == large.rank();
  for (int i = 0; within && i < small.rank(); ++i) within = i == axis || small[i] <= large[i];
  require(within, op, ": index ", small, " does not fit ", large, " along axis ", axis);
}

}  // namespace

Variable gather(const Variable& x, int axis, const Variable& index) {
  const int a = require_axis("gather", axis, x.shape());
  require_within("gather", index.shape(), x.shape(), a);
  require_index("gather", x, index, x.size(a));
  Tensor y = Tensor::like(x.value(), index.shape());
  kernels::gather(x.value(), index.value(), y, a);
  return record(gather_op, y, {x, index}, {.inputs_for = {bit(1)}}, [a](const Vjp& v) -> Variables {
    return {scatter_add(v.gy, a, v.input(1), v.shape(0)), Variable()};
  });
}

Variable scatter_add(const Variable& x, int axis, const Variable& index, const Shape& shape) {
  require_float("scatter_add", x);
  const int a = require_axis("scatter_add", axis, shape);
  require(index.shape() == x.shape(), "scatter_add: index ", index.shape(), " is not shaped like input ",
          x.shape());
  require_within("scatter_add", index.shape(), shape, a);
  require_index("scatter_add", x, index, shape[a]);
  Tensor y = Tensor::like(x.value(), shape);
  kernels::scatter_add(x.value(), index.value(), y, a);
  return record(scatter_add_op, y, {x, index}, {.inputs_for = {bit(1)}}, [a](const Vjp& v) -> Variables {
    return {gather(v.gy, a, v.input(1)), Variable()};
  });
}

Variable index_select(const Variable& x, int axis, const Variable& index) {
  const int a = require_axis("index_select", axis, x.shape());
  require_list("index_select", index);
  require_index("index_select", x, index, x.size(a));
  Tensor y = Tensor::like(x.value(), with_extent(x.shape(), a, index.numel()));
  kernels::gather(x.value(), index.value(), y, a);
  return record(index_select_op, y, {x, index}, {.inputs_for = {bit(1)}}, [a](const Vjp& v) -> Variables {
    return {index_add(v.gy, a, v.input(1), v.shape(0)[a]), Variable()};
  });
}

Variable index_add(const Variable& x, int axis, const Variable& index, int64_t extent) {
  require_float("index_add", x);
  const int a = require_axis("index_add", axis, x.shape());
  require_list("index_add", index);
  require(index.numel() == x.size(a), "index_add: index ", index.shape(), " does not fit the ", x.size(a),
          " slices of ", x.shape(), " along axis ", axis);
  require_index("index_add", x, index, extent);
  Tensor y = Tensor::like(x.value(), with_extent(x.shape(), a, extent));
  kernels::scatter_add(x.value(), index.value(), y, a);
  return record(index_add_op, y, {x, index}, {.inputs_for = {bit(1)}}, [a](const Vjp& v) -> Variables {
    return {index_select(v.gy, a, v.input(1)), Variable()};
  });
}

Variable one_hot(const Variable& labels, int64_t classes, DType dtype) {
  require(classes >= 1, "one_hot: ", classes, " classes are fewer than 1");
  require_index("one_hot", labels, labels, classes);
  Shape shape = labels.shape();
  shape.push_back(1);
  Tensor ones = Tensor::empty(shape, dtype, labels.device());
  kernels::fill(ones, 1);
  return scatter_add(Variable(ones), -1, reshape(labels, shape), with_extent(shape, -1, classes));
}

}  // namespace saddle
