// Discriminators that answer more than one question about an image, from features that all answers share.
#pragma once
#include "nn/modules/sequential.h"

namespace saddle {

/// The trunk's features are given to each head; what they give, each [N, k], lies side by side: [N, sum of
/// k]. Weights are `trunk.*`, `heads.0.*`, `heads.1.*`, …
class Heads : public nn::Module {
 public:
  Heads(std::shared_ptr<nn::Module> trunk, const std::vector<std::shared_ptr<nn::Module>>& heads);
  Variable forward(const Variable& x) override;

 private:
  std::shared_ptr<nn::Module> trunk_;
  std::shared_ptr<nn::Sequential> heads_;  // each of them on the same features, for the names
};

/// [N, classes] -> [N, 1 + classes]: before the logits of the classes, ln sum exp of them. A discriminator of
/// K + 1 classes whose last one, fake, has logit 0 takes an image to be real with probability sigma of that
/// (Salimans et al., "Improved Techniques for Training GANs", NeurIPS 2016, section 5).
std::shared_ptr<nn::Module> real_if_of_a_class();

}  // namespace saddle
