#include "nn/optim/adam.h"

#include <cmath>

namespace saddle::nn {

Adam::Adam(const char* name, const NamedVariables& parameters, AdamOptions options, bool decoupled)
    : Optimizer(name, parameters, options.lr, {"exp_avg", "exp_avg_sq"}),
      options_(options),
      decoupled_(decoupled) {
  check_option(options.beta1 >= 0 && options.beta1 < 1, "beta1", options.beta1, "in [0, 1)");
  check_option(options.beta2 >= 0 && options.beta2 < 1, "beta2", options.beta2, "in [0, 1)");
  check_option(options.eps >= 0, "eps", options.eps, "at least 0");
  check_option(options.weight_decay >= 0, "weight_decay", options.weight_decay, "at least 0");
}

kernels::StepScalars Adam::scalars(int64_t t) const {
  const auto age = static_cast<double>(t);
  return {.rate = lr() / (1 - std::pow(options_.beta1, age)),
          .root = std::sqrt(1 - std::pow(options_.beta2, age)),
          .shrink = decoupled_ ? 1 - lr() * options_.weight_decay : 1};
}

void Adam::update(std::span<const Item> items) {
  std::vector<kernels::AdamTensors> all;
  all.reserve(items.size());
  for (const Item& item : items)
    all.push_back({.p = item.p, .g = item.g, .m = item.state[0], .v = item.state[1], .now = item.now});
  kernels::adam(all, {.beta1 = options_.beta1,
                      .beta2 = options_.beta2,
                      .eps = options_.eps,
                      .weight_decay = decoupled_ ? 0 : options_.weight_decay});
}

AdamW::AdamW(const NamedVariables& parameters, AdamWOptions options)
    : Adam("adamw", parameters,
           {.lr = options.lr,
            .beta1 = options.beta1,
            .beta2 = options.beta2,
            .eps = options.eps,
            .weight_decay = options.weight_decay},
           true) {}

}  // namespace saddle::nn
