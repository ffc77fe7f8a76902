#include "nn/optim/adam.h"

#include <cmath>

#include "kernels/optim.h"

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

void Adam::update(Tensor& p, const Tensor& g, std::vector<Tensor>& state, int64_t t) {
  kernels::adam(p, g, state[0], state[1],
                {.lr = lr(),
                 .beta1 = options_.beta1,
                 .beta2 = options_.beta2,
                 .eps = options_.eps,
                 .weight_decay = options_.weight_decay,
                 .decoupled = decoupled_,
                 .correction1 = 1 - std::pow(options_.beta1, static_cast<double>(t)),
                 .correction2 = 1 - std::pow(options_.beta2, static_cast<double>(t))});
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
