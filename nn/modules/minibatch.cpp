#include "nn/modules/minibatch.h"

#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"

namespace saddle::nn {

MinibatchDiscrimination::MinibatchDiscrimination(int64_t features, MinibatchDiscriminationOptions options)
    : options_(options),
      projection_(
          register_module("projection", linear(features, options.kernels * options.dims, {.bias = false}))) {
  require<UsageError>(options.kernels > 0 && options.dims > 0, "minibatch discrimination: ", options.kernels,
                      " kernels of ", options.dims, " dimensions");
}

Variable MinibatchDiscrimination::forward(const Variable& x) {
  const auto [kernels, dims] = options_;
  const int64_t batch = x.size(0);
  const Variable m = (*projection_)(x);
  const Variable distance =
      sum(abs(reshape(m, {batch, 1, kernels, dims}) - reshape(m, {1, batch, kernels, dims})), {3});
  return concat({x, sum(exp(-distance), {1})}, 1);
}

}  // namespace saddle::nn
