#include "nn/modules/conditional_norm.h"

#include "autograd/ops.h"
#include "nn/init.h"

namespace saddle::nn {

ConditionalBatchNorm::ConditionalBatchNorm(std::shared_ptr<BatchNorm> norm, int64_t channels, int64_t classes)
    : norm_(register_module("norm", std::move(norm))) {
  require<UsageError>(classes > 0, "conditional_batch_norm: classes ", classes, " must be positive");
  register_parameter("weight", weight, {classes, channels}, 1);
  register_parameter("bias", bias, {classes, channels}, 0);
}

Variable ConditionalBatchNorm::forward(const Variable&) {
  throw UsageError("conditional_batch_norm: was given no classes");
}

Variable ConditionalBatchNorm::forward_given(const Variable& x, const Variable& classes) {
  const Variable y = (*norm_)(x);
  require(classes.shape() == Shape{x.size(0)}, "conditional_batch_norm: classes ", classes.shape(),
          " are not one for each sample of ", x.shape());
  Shape one_a_channel{x.size(0), x.size(1)};
  while (one_a_channel.rank() < x.rank()) one_a_channel.push_back(1);
  const auto of_samples = [&](const Variable& table) {
    return reshape(index_select(table, 0, classes), one_a_channel);
  };
  return y * of_samples(weight) + of_samples(bias);
}

void ConditionalBatchNorm::reset(Generator&) {
  init::ones_(weight);
  init::zeros_(bias);
}

}  // namespace saddle::nn
