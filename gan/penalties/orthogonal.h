// Orthogonal regularisation of weights.
#pragma once
#include "nn/module.h"

namespace saddle {

/// The sum over all convolutional and linear layers, normalised or not, of |W W^T * (1 - I)|^2, where W is
/// the weight as a matrix with a row for each filter: filters are kept from resembling each other, whatever
/// their length (Brock et al., "Large Scale GAN Training for High Fidelity Natural Image Synthesis", ICLR
/// 2019, equation 3). A scalar; throws Error for a network without such layers.
Variable orthogonal_penalty(nn::Module& network);

}  // namespace saddle
