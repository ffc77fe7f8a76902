#include "nn/optim/sgd.h"

namespace saddle::nn {
namespace {

std::vector<std::string> state_names(const SGDOptions& options) {
  if (options.momentum == 0) return {};
  return {"momentum_buffer"};
}

}  // namespace

SGD::SGD(const NamedVariables& parameters, SGDOptions options)
    : Optimizer("sgd", parameters, options.lr, state_names(options)), options_(options) {
  check_option(options.momentum >= 0 && options.momentum < 1, "momentum", options.momentum, "in [0, 1)");
  check_option(options.weight_decay >= 0, "weight_decay", options.weight_decay, "at least 0");
  check_option(!options.nesterov || options.momentum > 0, "momentum", options.momentum,
               "above 0, which nesterov needs");
}

void SGD::update(std::span<const Item> items) {
  std::vector<kernels::SgdTensors> all;
  all.reserve(items.size());
  for (const Item& item : items)
    all.push_back(
        {.p = item.p, .g = item.g, .b = item.state.empty() ? Tensor() : item.state[0], .now = item.now});
  kernels::sgd(
      all,
      {.momentum = options_.momentum, .weight_decay = options_.weight_decay, .nesterov = options_.nesterov});
}

}  // namespace saddle::nn
