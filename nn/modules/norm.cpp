#include "nn/modules/norm.h"

#include <algorithm>

#include "autograd/ops.h"
#include "kernels/elementwise.h"
#include "kernels/optim.h"
#include "nn/init.h"

namespace saddle::nn {

BatchNorm::BatchNorm(std::string name, int64_t channels, std::vector<int> ranks, BatchNormOptions options)
    : name_(std::move(name)), channels_(channels), ranks_(std::move(ranks)), options_(options) {
  require<UsageError>(channels > 0, name_, ": channels ", channels, " must be positive");
  require<UsageError>(options.eps >= 0, name_, ": eps ", options.eps, " is not at least 0");
  require<UsageError>(options.momentum >= 0 && options.momentum <= 1, name_, ": momentum ", options.momentum,
                      " is not in [0, 1]");
  if (options.affine) {
    register_parameter("weight", weight, {channels}, 1);
    register_parameter("bias", bias, {channels}, 0);
  }
  if (options.track_running_stats) {
    register_buffer("running_mean", running_mean, Tensor::zeros({channels}));
    register_buffer("running_var", running_var, Tensor::full({channels}, 1));
    register_buffer("num_batches_tracked", num_batches_tracked, Tensor::zeros({}, DType::i64));
  }
}

Variable BatchNorm::forward(const Variable& x) {
  require(std::find(ranks_.begin(), ranks_.end(), x.rank()) != ranks_.end() && x.size(1) == channels_, name_,
          ": input ", x.shape(), " does not have ", channels_, " channels in axis 1 of ", ranks_.front(),
          ranks_.size() > 1 ? " or " + std::to_string(ranks_.back()) : "", " axes");
  Axes axes = {0};
  Shape per_channel{1, channels_};
  for (int i = 2; i < x.rank(); ++i) {
    axes.push_back(i);
    per_channel.push_back(1);
  }
  const auto spread = [&](const Variable& v) { return reshape(v, per_channel); };

  Variable m, v;
  if (is_training() || !running_mean.defined()) {
    const int64_t count = x.numel() / channels_;
    require(!is_training() || count > 1, name_, ": input ", x.shape(),
            " has one value a channel, of which training cannot take a variance");
    m = mean(x, axes, true);
    v = var(x, axes, 0, true);
    if (is_training() && running_mean.defined())
      track(m.value().reshape({channels_}), v.value().reshape({channels_}), count);
  } else {
    m = spread(running_mean);
    v = spread(running_var);
  }
  const Variable y = (x - m) * rsqrt(v + options_.eps);
  return options_.affine ? y * spread(weight) + spread(bias) : y;
}

void BatchNorm::track(const Tensor& batch_mean, const Tensor& batch_var, int64_t count) {
  kernels::lerp(running_mean, batch_mean, options_.momentum);
  const double unbiased = static_cast<double>(count) / static_cast<double>(count - 1);
  const NoGrad no_grad;
  kernels::lerp(running_var, (Variable(batch_var) * unbiased).value(), options_.momentum);
  kernels::fill(num_batches_tracked, num_batches_tracked.item() + 1);
}

void BatchNorm::reset(Generator&) {
  if (options_.affine) {
    init::ones_(weight);
    init::zeros_(bias);
  }
  if (options_.track_running_stats) {
    init::zeros_(running_mean);
    init::ones_(running_var);
    init::zeros_(num_batches_tracked);
  }
}

}  // namespace saddle::nn
