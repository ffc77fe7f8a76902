// The exponential moving average of a network's weights, from which GANs are sampled (Yazıcı et al., "The
// Unusual Effectiveness of Averaging in GAN Training", ICLR 2019).
#pragma once
#include "nn/module.h"

namespace saddle::nn {

/// Keeps `average`, another instance of `network`'s architecture, at the moving average of its parameters.
/// The average is all the state there is: a checkpoint that holds its state_dict holds everything.
class Ema {
 public:
  /// `average` becomes a copy of `network` in evaluation mode that wants no gradients. Throws Error where
  /// names or shapes differ, UsageError unless 0 <= decay < 1.
  Ema(std::shared_ptr<const Module> network, std::shared_ptr<Module> average, double decay);

  /// average = decay average + (1 - decay) network for parameters; buffers are copied. Call it after the
  /// optimiser's step.
  void update();

  Module& average() const { return *average_; }

 private:
  std::shared_ptr<const Module> network_;
  std::shared_ptr<Module> average_;
  double decay_;
};

}  // namespace saddle::nn
