// oneDNN, the peer on the CPU.
#pragma once
#include "bench/peers/peers.h"

namespace saddle::bench::onednn {

std::string version();
Candidates conv(ConvKernel kernel, const ConvLayer& layer);
Candidates matmul(int64_t m, int64_t n, int64_t k);

}  // namespace saddle::bench::onednn
