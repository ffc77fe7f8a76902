#include "nn/modules/norm.h"

#include <algorithm>

#include "autograd/ops.h"
#include "kernels/elementwise.h"
#include "kernels/optim.h"
#include "nn/init.h"

namespace saddle::nn {
namespace {

void require_eps(const std::string& name, double eps) {
  require<UsageError>(eps >= 0, name, ": eps ", eps, " is not at least 0");
}

void require_positive(const std::string& name, const char* what, int64_t number) {
  require<UsageError>(number > 0, name, ": ", what, " ", number, " must be positive");
}

}  // namespace

void AffineNorm::register_affine(const Shape& shape) {
  register_parameter("weight", weight, shape, 1);
  register_parameter("bias", bias, shape, 0);
}

void AffineNorm::reset(Generator&) {
  if (!weight.defined()) return;
  init::ones_(weight);
  init::zeros_(bias);
}

BatchNorm::BatchNorm(std::string name, int64_t channels, std::vector<int> ranks, BatchNormOptions options)
    : name_(std::move(name)), channels_(channels), ranks_(std::move(ranks)), options_(options) {
  require_positive(name_, "channels", channels);
  require_eps(name_, options.eps);
  require<UsageError>(options.momentum >= 0 && options.momentum <= 1, name_, ": momentum ", options.momentum,
                      " is not in [0, 1]");
  if (options.affine) register_affine({channels});
  if (options.track_running_stats) {
    register_buffer("running_mean", running_mean, Tensor::zeros({channels}));
    register_buffer("running_var", running_var, Tensor::full({channels}, 1));
    register_buffer("num_batches_tracked", num_batches_tracked, Tensor::zeros({}, DType::i64));
  }
}

Variable BatchNorm::forward_with(const Variable& w, const Variable& b, const Variable& x,
                                 const Activation& activation) {
  require(std::find(ranks_.begin(), ranks_.end(), x.rank()) != ranks_.end() && x.size(1) == channels_, name_,
          ": input ", x.shape(), " does not have ", channels_, " channels in axis 1 of ", ranks_.front(),
          ranks_.size() > 1 ? " or " + std::to_string(ranks_.back()) : "", " axes");
  if (!is_training() && running_mean.defined())
    return saddle::batch_norm_eval(x, running_mean, running_var, w, b, options_.eps, activation);
  const int64_t count = x.numel() / channels_;
  require(!is_training() || count > 1, name_, ": input ", x.shape(),
          " has one value a channel, of which training cannot take a variance");
  NormStatistics batch;
  const Variable y = saddle::batch_norm(x, w, b, options_.eps, &batch, activation);
  if (is_training() && running_mean.defined()) track(batch, count);
  return y;
}

void BatchNorm::track(const NormStatistics& batch, int64_t count) {
  const double unbiased = static_cast<double>(count) / static_cast<double>(count - 1);
  const auto moved = [&](const Tensor& running, const Variable& newest) {
    return kernels::LerpTensors{running, cast(newest, running.dtype()).value(), {options_.momentum}};
  };
  std::vector<kernels::LerpTensors> both = {moved(running_mean, batch.mean),
                                            moved(running_var, Variable(batch.var) * unbiased)};
  kernels::lerp(both);
  kernels::increment(num_batches_tracked);
}

void BatchNorm::reset(Generator& generator) {
  AffineNorm::reset(generator);
  if (options_.track_running_stats) {
    init::zeros_(running_mean);
    init::ones_(running_var);
    init::zeros_(num_batches_tracked);
  }
}

InstanceNorm2d::InstanceNorm2d(int64_t channels, InstanceNormOptions options)
    : channels_(channels), eps_(options.eps) {
  require_positive("instance_norm2d", "channels", channels);
  require_eps("instance_norm2d", options.eps);
  if (options.affine) register_affine({channels});
}

Variable InstanceNorm2d::forward_then(const Variable& x, const Activation& activation) {
  require(x.rank() == 4 && x.size(1) == channels_, "instance_norm2d: input ", x.shape(), " does not have ",
          channels_, " channels in axis 1 of 4 axes");
  require(x.size(2) * x.size(3) != 1, "instance_norm2d: input ", x.shape(),
          " has one value a channel, which normalising would make 0");
  return saddle::instance_norm(x, weight, bias, eps_, activation);
}

LayerNorm::LayerNorm(const Shape& normalized, LayerNormOptions options)
    : normalized_(normalized), eps_(options.eps) {
  require<UsageError>(normalized.rank() > 0, "layer_norm: no axes to normalise over");
  require_positive("layer_norm", "elements", normalized.numel());
  require_eps("layer_norm", options.eps);
  if (options.affine) register_affine(normalized);
}

Variable LayerNorm::forward_then(const Variable& x, const Activation& activation) {
  return saddle::layer_norm(x, normalized_, weight, bias, eps_, activation);
}

GroupNorm::GroupNorm(int64_t groups, int64_t channels, GroupNormOptions options)
    : groups_(groups), channels_(channels), eps_(options.eps) {
  require_positive("group_norm", "groups", groups);
  require_positive("group_norm", "channels", channels);
  require<UsageError>(channels % groups == 0, "group_norm: groups ", groups, " do not divide channels ",
                      channels);
  require_eps("group_norm", options.eps);
  if (options.affine) register_affine({channels});
}

Variable GroupNorm::forward_then(const Variable& x, const Activation& activation) {
  require(x.rank() >= 2 && x.size(1) == channels_, "group_norm: input ", x.shape(), " does not have ",
          channels_, " channels in axis 1");
  return saddle::group_norm(x, groups_, weight, bias, eps_, activation);
}

PixelNorm::PixelNorm(double eps) : eps_(eps) {
  require_eps("pixel_norm", eps);
}

Variable PixelNorm::forward(const Variable& x) {
  return saddle::pixel_norm(x, eps_);
}

}  // namespace saddle::nn
