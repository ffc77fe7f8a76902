#include "autograd/ops/shape.h"

#include <algorithm>
#include <numeric>

#include "autograd/ops/check.h"
#include "kernels/shape.h"

namespace saddle {
namespace {

const Op reshape_op("reshape"), expand_op("expand"), permute_op("permute"), flip_op("flip"),
    concat_op("concat"), slice_op("slice"), slice_grad_op("slice_grad");
const ComposedOps composed{"transpose", "stack", "split", "chunk"};

/// x's own memory, seen with x's shape.
kernels::View dense_view(const Shape& shape) {
  kernels::View view;
  for (int i = 0; i < shape.rank(); ++i) view.stride[static_cast<size_t>(i)] = shape.stride(i);
  return view;
}

Tensor copy(const Variable& x, const Shape& shape, const kernels::View& view) {
  Tensor y = Tensor::like(x.value(), shape);
  kernels::copy_view(x.value(), y, view);
  return y;
}

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
  kernels::View view;
  const int extra = shape.rank() - x.rank();
  for (int i = 0; i < x.rank(); ++i)
    if (x.size(i) != 1) view.stride[static_cast<size_t>(extra + i)] = x.shape().stride(i);
  return record(expand_op, copy(x, shape, view), {x}, keep_nothing,
                [](const Vjp& v) -> Variables { return {v.gy}; });
}

Variable permute(const Variable& x, const std::vector<int>& axes) {
  require(static_cast<int>(axes.size()) == x.rank(), "permute: ", axes.size(), " axes for shape ", x.shape());
  std::vector<int> inverse(axes.size(), -1);
  Shape shape;
  kernels::View view;
  for (size_t i = 0; i < axes.size(); ++i) {
    const int axis = require_axis("permute", axes[i], x.shape());
    int& place = inverse[static_cast<size_t>(axis)];
    require(place < 0, "permute: axis ", axes[i], " is given twice");
    place = static_cast<int>(i);
    shape.push_back(x.size(axis));
    view.stride[i] = x.shape().stride(axis);
  }
  return record(permute_op, copy(x, shape, view), {x}, keep_nothing,
                [inverse](const Vjp& v) -> Variables { return {permute(v.gy, inverse)}; });
}

Variable transpose(const Variable& x, int axis0, int axis1) {
  std::vector<int> axes(static_cast<size_t>(x.rank()));
  std::iota(axes.begin(), axes.end(), 0);
  const int a = require_axis("transpose", axis0, x.shape()), b = require_axis("transpose", axis1, x.shape());
  std::swap(axes[static_cast<size_t>(a)], axes[static_cast<size_t>(b)]);
  return permute(x, axes);
}

Variable flip(const Variable& x, int axis) {
  const auto a = static_cast<size_t>(require_axis("flip", axis, x.shape()));
  kernels::View view = dense_view(x.shape());
  view.offset = (x.size(axis) - 1) * view.stride[a];
  view.stride[a] = -view.stride[a];
  return record(flip_op, copy(x, x.shape(), view), {x}, keep_nothing,
                [axis](const Vjp& v) -> Variables { return {flip(v.gy, axis)}; });
}

Variable concat(const Variables& xs, int axis) {
  require(!xs.empty(), "concat: no inputs");
  const Shape& first = xs[0].shape();
  const int a = require_axis("concat", axis, first);
  int64_t extent = 0;
  std::vector<Tensor> values;
  for (size_t i = 0; i < xs.size(); ++i) {
    require_alike("concat", xs[0], xs[i]);
    require(xs[i].rank() == first.rank() && with_extent(xs[i].shape(), a, first[a]) == first,
            "concat: input ", i, " of shape ", xs[i].shape(), " does not fit the first, ", first,
            ", along axis ", axis);
    extent += xs[i].size(a);
    values.push_back(xs[i].value());
  }
  Tensor y = Tensor::like(values[0], with_extent(first, a, extent));
  kernels::concat(values, y, a);
  return record(concat_op, y, xs, keep_nothing, [a](const Vjp& v) {
    Variables gradients;
    int64_t begin = 0;
    for (int i = 0; i < v.inputs(); ++i) {
      const int64_t end = begin + v.shape(i)[a];
      gradients.push_back(v.needs(i) ? slice(v.gy, a, begin, end) : Variable());
      begin = end;
    }
    return gradients;
  });
}

Variable stack(const Variables& xs, int axis) {
  require(!xs.empty(), "stack: no inputs");
  const Shape& first = xs[0].shape();
  const int rank = first.rank() + 1;
  require(axis >= -rank && axis < rank, "stack: axis ", axis, " is out of range for ", rank, " axes");
  Shape shape;
  for (int i = 0, own = 0; i < rank; ++i) shape.push_back(i == (axis + rank) % rank ? 1 : first[own++]);
  Variables columns;
  for (size_t i = 0; i < xs.size(); ++i) {
    require(xs[i].shape() == first, "stack: input ", i, " of shape ", xs[i].shape(),
            " is not like the first, ", first);
    columns.push_back(reshape(xs[i], shape));
  }
  return concat(columns, axis);
}

Variable slice(const Variable& x, int axis, int64_t begin, int64_t end, int64_t step) {
  const int a = require_axis("slice", axis, x.shape());
  require(step >= 1, "slice: step ", step, " is below 1");
  const int64_t extent = x.size(a), inner = x.shape().stride(a);
  const auto bound = [&](int64_t i) { return std::clamp<int64_t>(i < 0 ? i + extent : i, 0, extent); };
  const int64_t from = bound(begin), to = bound(end), count = from < to ? (to - from - 1) / step + 1 : 0;
  if (count == extent) return x;
  kernels::View view = dense_view(x.shape());
  view.offset = from * inner;
  view.stride[static_cast<size_t>(a)] = std::min(step, extent) * inner;
  return record(
      slice_op, copy(x, with_extent(x.shape(), a, count), view), {x}, keep_nothing,
      [a, from, step](const Vjp& v) -> Variables { return {slice_grad(v.gy, v.shape(0), a, from, step)}; });
}

Variable slice_grad(const Variable& gy, const Shape& shape, int axis, int64_t begin, int64_t step) {
  const int a = require_axis("slice_grad", axis, shape);
  require(step >= 1, "slice_grad: step ", step, " is below 1");
  require(gy.rank() == shape.rank() && with_extent(gy.shape(), a, shape[a]) == shape, "slice_grad: gradient ",
          gy.shape(), " is no slice of ", shape, " along axis ", axis);
  const int64_t count = gy.size(a), room = shape[a] - begin;
  require(begin >= 0 && room >= 0 && (count == 0 || (room > 0 && count - 1 <= (room - 1) / step)),
          "slice_grad: ", count, " elements from ", begin, " by step ", step, " exceed the extent ",
          shape[a]);
  Tensor gx = Tensor::like(gy.value(), shape);
  kernels::slice_grad(gy.value(), gx, a, begin, step);
  return record(slice_grad_op, gx, {gy}, keep_nothing, [a, begin, step](const Vjp& v) -> Variables {
    const int64_t n = v.shape(0)[a];
    return {slice(v.gy, a, begin, n > 0 ? begin + (n - 1) * step + 1 : begin, step)};
  });
}

Variables split(const Variable& x, int64_t size, int axis) {
  require(size >= 1, "split: size ", size, " is below 1");
  const int a = require_axis("split", axis, x.shape());
  Variables pieces;
  int64_t begin = 0;
  do {
    const int64_t end = std::min(x.size(a), begin + size);
    pieces.push_back(slice(x, a, begin, end));
    begin = end;
  } while (begin < x.size(a));
  return pieces;
}

Variables chunk(const Variable& x, int64_t n, int axis) {
  require(n >= 1, "chunk: ", n, " pieces are fewer than 1");
  const int64_t extent = x.size(require_axis("chunk", axis, x.shape()));
  return split(x, std::max<int64_t>(1, (extent + n - 1) / n), axis);
}

}  // namespace saddle
