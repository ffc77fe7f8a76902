// What follows the convolutions of a network that leaves the choice.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "nn/module.h"

namespace saddle {

enum class Normalization {
  none,
  batch,     ///< over the batch
  instance,  ///< over the positions of each channel and sample
  layer      ///< over all channels and positions of each sample
};

/// Their names as options have them: batch, none, instance, layer.
std::vector<std::string> normalizations();
std::string name_of(Normalization kind);
/// The one of that name; throws UsageError for any other.
Normalization find_normalization(const std::string& name);

/// The layer, for [N, channels, H, W]; `none` has none. Scale and shift are one number a channel each,
/// without `affine` (batch: always with) there are none. `layer` is a group norm of one group, as the authors
/// of WGAN-GP have it.
std::shared_ptr<nn::Module> normalization(Normalization kind, int64_t channels, bool affine = true);

/// Makes the layer that normalises so many channels.
using MakeNorm = std::function<std::shared_ptr<nn::Module>(int64_t channels)>;

}  // namespace saddle
