#include "autograd/ops/minibatch_stddev.h"

#include <algorithm>

#include "autograd/graph.h"
#include "autograd/ops/check.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "kernels/minibatch_stddev.h"

namespace saddle {
namespace {

using kernels::MinibatchStddevLayout;

const Op minibatch_stddev_op("minibatch_stddev"), minibatch_stddev_grad_op("minibatch_stddev_grad");

MinibatchStddevLayout layout_of(const char* op, const Variable& x, const MinibatchStddevOptions& options) {
  require_channels(op, x);
  require(x.numel() > 0, op, ": input ", x.shape(), " has no elements");
  const int64_t batch = x.size(0), size = std::min(options.group_size, batch), shares = options.num_channels;
  require(size > 0 && batch % size == 0, op, ": group_size ", options.group_size, " does not divide the ",
          batch, " samples of input ", x.shape());
  require(shares > 0 && x.size(1) % shares == 0, op, ": num_channels ", shares, " does not divide the ",
          x.size(1), " channels of input ", x.shape());
  const int64_t sample = x.numel() / batch;
  return {.size = size,
          .groups = batch / size,
          .shares = shares,
          .inner = sample / shares,
          .positions = sample / x.size(1)};
}

Shape appended(const Variable& x, const MinibatchStddevOptions& options) {
  return with_extent(x.shape(), 1, x.size(1) + options.num_channels);
}

/// The formulas of kernels/minibatch_stddev.h in plain ops, from which second derivatives come.
Variable composed_grad(const Variable& gy, const Variable& x, const MinibatchStddevLayout& l) {
  const int64_t channels = x.size(1);
  const Variable members = reshape(x, {l.size, l.groups, l.shares, l.inner});
  const Variable centred = members - mean(members, {0}, true);
  const Variable deviation = sqrt(mean(square(centred), {0}, true) + 1e-8);
  const Variable held =
      reshape(slice(gy, 1, channels, channels + l.shares), {l.size, l.groups, l.shares, l.positions});
  const Variable gain = sum(held, {0, 3}, true) / static_cast<double>(l.size * l.inner);
  return slice(gy, 1, 0, channels) + reshape(centred / deviation * gain, x.shape());
}

}  // namespace

Variable minibatch_stddev(const Variable& x, const MinibatchStddevOptions& options) {
  const MinibatchStddevLayout layout = layout_of("minibatch_stddev", x, options);
  Tensor y = Tensor::like(x.value(), appended(x, options));
  kernels::minibatch_stddev(x.value(), y, layout);
  return record(minibatch_stddev_op, y, {x}, keep_input, [options](const Vjp& v) -> Variables {
    return {minibatch_stddev_grad(v.gy, v.input(0), options)};
  });
}

Variable minibatch_stddev_grad(const Variable& gy, const Variable& x, const MinibatchStddevOptions& options) {
  const char* op = "minibatch_stddev_grad";
  const MinibatchStddevLayout layout = layout_of(op, x, options);
  require_alike(op, gy, x);
  const Shape expected = appended(x, options);
  require(gy.shape() == expected, op, ": output gradient ", gy.shape(), " is not ", expected, " for input ",
          x.shape());
  Tensor gx = Tensor::like(x.value());
  kernels::minibatch_stddev_grad(gy.value(), x.value(), gx, layout);
  return record(
      minibatch_stddev_grad_op, gx, {gy, x}, keep_all(2),
      vjp_by_composition([layout](const Variables& v) { return composed_grad(v[0], v[1], layout); }));
}

}  // namespace saddle
