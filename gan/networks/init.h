// Initial weights that several networks share.
#pragma once
#include "nn/module.h"

namespace saddle {

/// As Radford et al. 2016, section 3, and the classic implementations: weights of convolutional and linear
/// layers and of embeddings are normal with standard deviation 0.02 and biases 0; batch normalisation scales
/// by normal(1, 0.02) and shifts by 0. Other layers start by their own rule.
void init_normal(nn::Module& network, Generator& generator);

}  // namespace saddle
