// The kernel of all elementwise work without broadcasting, for any number of operands and any types: each
// thread has a few packs of each operand in flight before it computes, which keeps some 40 KB a
// multiprocessor on the way. Bound by memory; expected at 90 % of the copy bandwidth once the tensors are
// larger than the cache.
#pragma once
#include "kernels/cuda/launch.h"
#include "kernels/cuda/pack.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {

constexpr unsigned map_threads = 256;

/// An operand as long as the output.
template <class T>
struct Dense {
  using Element = T;
  const T* data;

  __device__ __forceinline__ T at(int64_t i) const { return data[i]; }
  template <int width>
  __device__ __forceinline__ Pack<T, width> pack_at(int64_t i) const {
    return reinterpret_cast<const Pack<T, width>*>(data)[i];
  }
};

/// The same, or one number for all of the output.
template <class T>
struct Spread {
  using Element = T;
  const T* data;
  bool constant;

  __device__ __forceinline__ T at(int64_t i) const { return data[constant ? 0 : i]; }
  template <int width>
  __device__ __forceinline__ Pack<T, width> pack_at(int64_t i) const {
    if (!constant) return reinterpret_cast<const Pack<T, width>*>(data)[i];
    Pack<T, width> pack;
    for (T& lane : pack.lane) lane = *data;
    return pack;
  }
};

/// What a thread holds of an operand.
template <class T, int width, int count>
struct Batch {
  Pack<T, width> pack[count];
};

/// Packs first, first + step, … of an operand; those from `packs` on are left out unless all are there.
template <bool all, int width, int count, class Operand>
__device__ __forceinline__ Batch<typename Operand::Element, width, count> load_batch(Operand x, int64_t first,
                                                                                     int64_t packs) {
  Batch<typename Operand::Element, width, count> batch{};
#pragma unroll
  for (int u = 0; u < count; ++u) {
    const int64_t i = first + u * static_cast<int64_t>(blockDim.x);
    if (all || i < packs) batch.pack[u] = x.template pack_at<width>(i);
  }
  return batch;
}

template <bool all, int width, int count, class F, class To, class... From>
__device__ __forceinline__ void map_batch(const F& f, To* y, int64_t first, int64_t packs,
                                          const Batch<From, width, count>&... x) {
#pragma unroll
  for (int u = 0; u < count; ++u) {
    const int64_t i = first + u * static_cast<int64_t>(blockDim.x);
    if (!all && i >= packs) continue;
    Pack<To, width> pack;
#pragma unroll
    for (int k = 0; k < width; ++k) pack.lane[k] = f(x.pack[u].lane[k]...);
    reinterpret_cast<Pack<To, width>*>(y)[i] = pack;
  }
}

/// y[i] = f(x[i]...) for i < n. y may be an operand, so all loads of a thread come before its stores.
template <int width, int count, class F, class To, class... Operands>
__global__ void __launch_bounds__(map_threads) map_kernel(const F f, int64_t n, To* y, Operands... x) {
  const int64_t packs = n / width, block = blockIdx.x, share = static_cast<int64_t>(blockDim.x) * count;
  const int64_t first = block * share + threadIdx.x;
  if ((block + 1) * share <= packs)
    map_batch<true, width, count>(f, y, first, packs, load_batch<true, width, count>(x, first, packs)...);
  else
    map_batch<false, width, count>(f, y, first, packs, load_batch<false, width, count>(x, first, packs)...);
  const int64_t left = packs * width + block * blockDim.x + threadIdx.x;
  if (left < n) y[left] = f(x.at(left)...);
}

/// y[i] = f(x[i]...) for i < n, n > 0. All begin at multiples of 16 bytes.
template <class F, class To, class... Operands>
void map(Device device, const F& f, int64_t n, To* y, Operands... x) {
  constexpr int width = pack_width<To, typename Operands::Element...>;
  constexpr int count = sizeof...(Operands) == 1 ? 4 : 2;
  const int64_t threads = std::max<int64_t>(blocks_for(n / width, count), 1);
  const unsigned block = block_for(threads, map_threads);
  SADDLE_LAUNCH((map_kernel<width, count, F, To, Operands...>),
                static_cast<unsigned>(blocks_for(threads, block)), block, 0, device, f, n, y, x...);
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
