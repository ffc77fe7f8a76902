// How a network learns by a single loss.
#pragma once
#include <memory>

#include "nn/module.h"
#include "nn/optim.h"
#include "nn/schedule.h"

namespace saddle {

struct SingleLossOptions {
  nn::Schedule lr = nn::constant_schedule(1e-3);
  double beta1 = 0.9, beta2 = 0.999;  ///< of Adam
  double clip_grad = 0;               ///< greatest length of the gradient; 0: any
  bool graph = true;                  ///< on a GPU, steps are captured and replayed
  uint64_t seed = 0;                  ///< of initial weights and all random numbers
};

/// Of the network's parameters, which lie on their device.
inline std::unique_ptr<nn::Optimizer> make_adam(const nn::Module& network, const SingleLossOptions& options) {
  return std::make_unique<nn::Adam>(network.named_parameters(),
                                    nn::AdamOptions{.beta1 = options.beta1, .beta2 = options.beta2});
}

}  // namespace saddle
