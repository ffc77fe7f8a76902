#include "nn/optim/rmsprop.h"

#include "kernels/optim.h"

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

void RMSprop::update(Tensor& p, const Tensor& g, std::vector<Tensor>& state, int64_t) {
  Tensor none;
  kernels::rmsprop(p, g, state[0], options_.centered ? state[1] : none,
                   options_.momentum != 0 ? state.back() : none,
                   {.lr = lr(),
                    .alpha = options_.alpha,
                    .eps = options_.eps,
                    .weight_decay = options_.weight_decay,
                    .momentum = options_.momentum,
                    .centered = options_.centered});
}

}  // namespace saddle::nn
