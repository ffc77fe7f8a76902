// cuDNN, the peer of convolutions on a GPU: every algorithm of its classic interface, and every engine that
// the heuristics of its graph interface propose, for images with channels first and last.
#pragma once
#include "bench/peers/library.h"
#include "bench/peers/peers.h"

namespace saddle::bench::cudnn {

/// Does not throw.
LibraryVersion version();
Candidates conv(ConvKernel kernel, const ConvLayer& layer, Device device, Precision precision);

}  // namespace saddle::bench::cudnn
