// Updates of weights on a GPU, those of many tensors in one launch: pointers and numbers travel in the
// kernel's arguments. A block updates one piece of one tensor; a thread has 16 bytes of each of its arrays in
// flight at once, which with all blocks of a multiprocessor makes about 80 KB, several times what keeps its
// share of the memory busy. Bound by memory: 28 bytes and 15 operations a weight for Adam in f32; expected at
// 90 % of the copy bandwidth and above, once the tensors are larger than the cache.
#include "kernels/optim.h"

#include <algorithm>
#include <cmath>

#include "kernels/cuda/launch.h"
#include "kernels/optim_entries.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {
using std::sqrt;
/// NaN stays NaN, as on the CPU.
template <class N>
__host__ __device__ __forceinline__ N max(N a, N b) {
  return a > b || a != a ? a : b;
}
}  // namespace
}  // namespace saddle::kernels::SADDLE_GPU_DEVICE

#define SADDLE_SIMD_NAMESPACE SADDLE_GPU_DEVICE
#define SADDLE_FUNCTION __host__ __device__ __forceinline__
#include "kernels/optim-inl.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

constexpr unsigned threads = 256;

/// Elements of 16 bytes.
template <class T>
constexpr int lanes = 16 / sizeof(T);

/// Elements of one tensor that a block updates.
template <class T>
constexpr int64_t piece = 2 * threads* lanes<T>;

/// What one launch updates: as many tensors as fit into 4 KB of arguments, beside the options.
template <class Entry>
struct Chunk {
  static constexpr int most = (4096 - 64) / (sizeof(Entry) + sizeof(unsigned));
  Entry entry[most];
  unsigned first[most];  // block of each
  int count;
};

/// f on `width` elements from i of each array, which are aligned as one. A null state is 0 and its new value
/// is dropped.
template <int width, class F, class T, int states>
__device__ __forceinline__ void update(const F& f, const T* g, T* const (&state)[states], int64_t i) {
  struct alignas(width * sizeof(T)) Group {
    T lane[width];
  };
  const Group gradient = *reinterpret_cast<const Group*>(g + i);
  Group x[states];
#pragma unroll
  for (int s = 0; s < states; ++s) {
    if (state[s])
      x[s] = *reinterpret_cast<const Group*>(state[s] + i);
    else
      x[s] = Group{};
  }
#pragma unroll
  for (int k = 0; k < width; ++k) {
    if constexpr (states == 1) f(gradient.lane[k], x[0].lane[k]);
    if constexpr (states == 2) f(gradient.lane[k], x[0].lane[k], x[1].lane[k]);
    if constexpr (states == 3) f(gradient.lane[k], x[0].lane[k], x[1].lane[k], x[2].lane[k]);
    if constexpr (states == 4) f(gradient.lane[k], x[0].lane[k], x[1].lane[k], x[2].lane[k], x[3].lane[k]);
  }
#pragma unroll
  for (int s = 0; s < states; ++s)
    if (state[s]) *reinterpret_cast<Group*>(state[s] + i) = x[s];
}

template <template <class> class F, class Entry, class... Options>
__global__ void __launch_bounds__(threads) optim_kernel(const Chunk<Entry> chunk, Options... options) {
  using T = typename Entry::Element;
  int k = 0, last = chunk.count - 1;  // the last entry that begins at or before this block
  while (k < last) {
    const int middle = (k + last + 1) / 2;
    if (chunk.first[middle] <= blockIdx.x)
      k = middle;
    else
      last = middle - 1;
  }
  const Entry& entry = chunk.entry[k];
  const F<T> f(read(entry.now), options...);
  const int64_t begin = (blockIdx.x - chunk.first[k]) * piece<T>;
  const int64_t end = min(entry.n, begin + piece<T>);
  int64_t i = begin + threadIdx.x * lanes<T>;
  for (; i + lanes<T> <= end; i += blockDim.x * lanes<T>) update<lanes<T>>(f, entry.g, entry.state, i);
  for (; i < end; ++i) update<1>(f, entry.g, entry.state, i);  // the one thread that meets the end
}

/// In as few launches as their arguments allow.
template <template <class> class F, class Tensors, class... Options>
void update_all(std::span<Tensors> all, Options... options) {
  dispatch_float("optim", all.front().dtype(), [&]<class T>() {
    using Entry = decltype(optim_entry<T>(all.front()));
    Chunk<Entry> chunk{};
    int64_t blocks = 0, largest = 0;
    const auto launch = [&] {
      if (chunk.count == 0) return;
      const unsigned block = block_for(blocks_for(std::min(largest, piece<T>), lanes<T>), threads);
      SADDLE_LAUNCH((optim_kernel<F, Entry, Options...>), static_cast<unsigned>(blocks), block, 0,
                    all.front().device(), chunk, options...);
      chunk.count = 0;
      blocks = largest = 0;
    };
    for (Tensors& tensors : all) {
      const Entry entry = optim_entry<T>(tensors);
      if (entry.n == 0) continue;
      chunk.entry[chunk.count] = entry;
      chunk.first[chunk.count++] = static_cast<unsigned>(blocks);
      blocks += blocks_for(entry.n, piece<T>);
      largest = std::max(largest, entry.n);
      if (chunk.count == Chunk<Entry>::most) launch();
    }
    launch();
  });
}

}  // namespace

void sgd(std::span<SgdTensors> all, SgdOptions options) {
  update_all<SgdUpdate>(all, options);
}
void adam(std::span<AdamTensors> all, AdamOptions options) {
  update_all<AdamUpdate>(all, options);
}
void rmsprop(std::span<RmspropTensors> all, RmspropOptions options) {
  update_all<RmspropUpdate>(all, options);
}
void lerp(std::span<LerpTensors> all) {
  update_all<LerpUpdate>(all);
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
