#include "nn/modules/conditional_norm.h"

#include "autograd/ops.h"
#include "nn/init.h"

namespace saddle::nn {

GivenBatchNorm::GivenBatchNorm(std::shared_ptr<BatchNorm> norm)
    : norm_(register_module("norm", std::move(norm))) {}

Variable GivenBatchNorm::forward_given_then(const Variable& x, const Variable& given,
                                            const Activation& activation) {
  require<UsageError>(given.defined(), "a batch norm with a condition got none");
  const auto [scale, shift] = affine(x, given);
  return norm_->forward_with(scale, shift, x, activation);
}

ConditionalBatchNorm::ConditionalBatchNorm(std::shared_ptr<BatchNorm> norm, int64_t channels, int64_t classes)
    : GivenBatchNorm(std::move(norm)) {
  require<UsageError>(classes > 0, "conditional_batch_norm: classes ", classes, " must be positive");
  register_parameter("weight", weight, {classes, channels}, 1);
  register_parameter("bias", bias, {classes, channels}, 0);
}

GivenBatchNorm::Affine ConditionalBatchNorm::affine(const Variable& x, const Variable& classes) {
  require(classes.shape() == Shape{x.size(0)}, "conditional_batch_norm: classes ", classes.shape(),
          " are not one for each sample of ", x.shape());
  return {index_select(weight, 0, classes), index_select(bias, 0, classes)};
}

void ConditionalBatchNorm::reset(Generator&) {
  init::ones_(weight);
  init::zeros_(bias);
}

}  // namespace saddle::nn
