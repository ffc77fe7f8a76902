#include "nn/ema.h"

#include "kernels/optim.h"

namespace saddle::nn {

Ema::Ema(std::shared_ptr<const Module> network, std::shared_ptr<Module> average, double decay)
    : network_(std::move(network)), average_(std::move(average)), decay_(decay) {
  require<UsageError>(decay >= 0 && decay < 1, "ema: decay ", decay, " is not in [0, 1)");
  load_tensors("ema", average_->state_dict(), network_->state_dict());
  average_->eval();
  average_->requires_grad_(false);
}

void Ema::update() {
  const Variables from = network_->parameters(), to = average_->parameters();
  std::vector<kernels::LerpTensors> all;
  all.reserve(to.size());
  for (size_t i = 0; i < to.size(); ++i)
    all.push_back({.y = to[i].value(), .x = from[i].value(), .weight = {1 - decay_}});
  if (!all.empty()) kernels::lerp(all);
  const NamedTensors from_buffers = network_->named_buffers(), to_buffers = average_->named_buffers();
  for (size_t i = 0; i < to_buffers.size(); ++i) {
    Tensor y = to_buffers[i].second;
    y.copy_from(from_buffers[i].second);
  }
}

}  // namespace saddle::nn
