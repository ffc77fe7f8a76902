#include "nn/optim/rmsprop.h"

namespace saddle::nn {
namespace {

std::vector<std::string> state_names(const RMSpropOptions& options) {
  std::vector<std::string> names = {"square_avg"};
  if (options.centered) names.push_back("grad_avg");
  if (options.momentum != 0) names.push_back("momentum_buffer");
  return names;
}

}  // namespace

RMSprop::RMSprop(const NamedVariables& parameters, RMSpropOptions options)
    : Optimizer("rmsprop", parameters, options.lr, state_names(options)), options_(options) {
  check_option(options.alpha >= 0 && options.alpha < 1, "alpha", options.alpha, "in [0, 1)");
  check_option(options.eps >= 0, "eps", options.eps, "at least 0");
  check_option(options.weight_decay >= 0, "weight_decay", options.weight_decay, "at least 0");
  check_option(options.momentum >= 0 && options.momentum < 1, "momentum", options.momentum, "in [0, 1)");
}

void RMSprop::update(std::span<const Item> items) {
  std::vector<kernels::RmspropTensors> all;
  all.reserve(items.size());
  for (const Item& item : items)
    all.push_back({.p = item.p,
                   .g = item.g,
                   .v = item.state[0],
                   .a = options_.centered ? item.state[1] : Tensor(),
                   .b = options_.momentum != 0 ? item.state.back() : Tensor(),
                   .now = item.now});
  kernels::rmsprop(all, {.alpha = options_.alpha,
                         .eps = options_.eps,
                         .weight_decay = options_.weight_decay,
                         .momentum = options_.momentum,
                         .centered = options_.centered});
}

}  // namespace saddle::nn
