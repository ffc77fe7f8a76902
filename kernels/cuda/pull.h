// The kernel of all work that moves elements: each unit of the output finds its own value, so that stores are
// dense, loads of several units are in flight at once, and nothing is ever written twice.
#pragma once
#include "kernels/cuda/fast_divide.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/pack.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {

constexpr unsigned pull_threads = 256;

/// y[i] = source(i) for i < n.
template <class Unit, class Index, class Source>
__global__ void __launch_bounds__(pull_threads)
    pull_kernel(Unit* y, Index n, const __grid_constant__ Source source) {
  constexpr int count = 4;
  const Index first = static_cast<Index>(blockIdx.x) * blockDim.x * count + threadIdx.x;
  Unit unit[count] = {};
#pragma unroll
  for (int u = 0; u < count; ++u) {
    const Index i = first + static_cast<Index>(u) * blockDim.x;
    if (i < n) unit[u] = source(i);
  }
#pragma unroll
  for (int u = 0; u < count; ++u) {
    const Index i = first + static_cast<Index>(u) * blockDim.x;
    if (i < n) y[i] = unit[u];
  }
}

/// Fills y, which has elements and is taken for n units, from `source`.
template <class Unit, class Index, class Source>
void pull(Tensor& y, int64_t n, const Source& source) {
  const int64_t threads = blocks_for(n, 4);
  const unsigned block = block_for(threads, pull_threads);
  SADDLE_LAUNCH((pull_kernel<Unit, Index, Source>), static_cast<unsigned>(blocks_for(threads, block)), block,
                0, y.device(), static_cast<Unit*>(y.raw()), static_cast<Index>(n), source);
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
