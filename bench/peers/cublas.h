// cuBLAS, the peer of matrix products on a GPU.
#pragma once
#include "bench/peers/library.h"
#include "bench/peers/peers.h"

namespace saddle::bench::cublas {

/// Does not throw.
LibraryVersion version();
Candidates matmul(int64_t m, int64_t n, int64_t k, Device device, Precision precision);

}  // namespace saddle::bench::cublas
