// What a discriminator may have beside the layers of its paper.
#pragma once
#include "core/random.h"
#include "nn/modules/sequential.h"

namespace saddle {

enum class Minibatch { none, stddev, discrimination };

struct DiscriminatorExtras {
  /// Before the last layer, what compares the samples of a batch (nn/modules/minibatch.h).
  Minibatch minibatch = Minibatch::none;
  double dropout = 0;  ///< probability, after each activation
  /// What dropout draws from; it outlives the network.
  std::shared_ptr<Generator> random = {};
};

/// Adds dropout, if there is any.
void push_dropout(nn::Sequential& net, const DiscriminatorExtras& extras);
/// Adds what compares the samples, if anything does, behind a layer that gives so many `features`; gives how
/// many there are then. With discrimination the layer's output must be [N, features], else [N, features, ..].
int64_t push_minibatch(nn::Sequential& net, int64_t features, const DiscriminatorExtras& extras);

}  // namespace saddle
