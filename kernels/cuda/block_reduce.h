// What kernels that reduce share: teams of threads, their reductions, vectors of 16 bytes.
//
// A team is the threads that reduce one thing together: 1, 2, 4, .. or 32 neighbouring lanes, of which a
// block then holds several teams, or all threads of a block. Small teams need no barrier.
#pragma once
#include <algorithm>
#include <bit>

#include "kernels/cuda/fast_divide.h"
#include "kernels/cuda/launch.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {

/// V elements that are loaded and stored at once. Their address is a multiple of their size.
template <class T, int V>
struct alignas(sizeof(T) * V) Pack {
  T v[V];
};

template <int V, class T>
__device__ __forceinline__ Pack<T, V> load(const T* p) {
  return *reinterpret_cast<const Pack<T, V>*>(p);
}
template <int V, class T>
__device__ __forceinline__ void store(T* p, const Pack<T, V>& pack) {
  *reinterpret_cast<Pack<T, V>*>(p) = pack;
}

/// Elements of T in 16 bytes.
template <class T>
constexpr int widest = 16 / static_cast<int>(sizeof(T));

/// Whether rows of n elements at those addresses may be read as vectors of 16 bytes. Null counts as aligned.
template <class T, class... P>
bool fits_widest(int64_t n, const P*... pointers) {
  return n % widest<T> == 0 && (... && (reinterpret_cast<uintptr_t>(pointers) % 16 == 0));
}

/// The threads of a team for n pieces of work with about `each` for a thread.
inline unsigned team_for(int64_t n, int64_t each, unsigned most) {
  const int64_t wanted = std::min<int64_t>(blocks_for(n, each), most);
  return std::bit_ceil(static_cast<unsigned>(std::max<int64_t>(wanted, 1)));
}

/// The launch of `teams` teams of that many threads.
struct TeamGrid {
  dim3 grid, block;

  TeamGrid(int64_t teams, unsigned team) {
    const unsigned threads = team > 32 ? team : block_for(teams * team, 128);
    block = dim3(threads);
    grid = dim3(static_cast<unsigned>(team > 32 ? teams : blocks_for(teams, threads / team)));
  }
};

__device__ __forceinline__ int64_t team_index(unsigned team) {
  if (team > 32) return blockIdx.x;
  return static_cast<int64_t>(blockIdx.x) * (blockDim.x / team) + threadIdx.x / team;
}
__device__ __forceinline__ unsigned team_rank(unsigned team) {
  return threadIdx.x & (team - 1);
}

/// The value of the lane whose number differs in the bits of `mask`. Aggregates overload it.
template <class A>
__device__ __forceinline__ A from_lane_xor(A a, unsigned mask) {
  return __shfl_xor_sync(~0u, a, static_cast<int>(mask));
}

/// `combine` over the values of a team's threads, in the order of a tree; every thread receives the result.
/// To be called by all threads of the block. `combine` commutes, so that all receive the same bits. `scratch`
/// is shared memory for 32 values, which a later call may use again only after a barrier.
template <class A, class F>
__device__ __forceinline__ A team_reduce(A a, unsigned team, A* scratch, F combine) {
  for (unsigned mask = min(team, 32u) / 2; mask > 0; mask /= 2) a = combine(a, from_lane_xor(a, mask));
  if (team <= 32) return a;
  const unsigned warps = team / 32;
  if (threadIdx.x % 32 == 0) scratch[threadIdx.x / 32] = a;
  __syncthreads();
  a = scratch[threadIdx.x % warps];
  for (unsigned mask = warps / 2; mask > 0; mask /= 2) a = combine(a, from_lane_xor(a, mask));
  return a;
}

/// How a block of up to 256 threads covers a tile of columns and walks down their rows: neighbouring threads
/// take neighbouring columns, so that every row is read in whole lines; the rest of the threads take other
/// rows.
struct ColumnBlock {
  unsigned columns, rows;  // powers of two

  ColumnBlock(int64_t all_columns, int64_t all_rows) {
    const unsigned down = team_for(all_rows, 8, 8);
    columns = team_for(all_columns, 1, 256 / down);
    rows = std::max(team_for(all_rows, 8, 256 / columns), std::max(1u, 32 / columns));
  }
  int64_t tiles(int64_t all_columns) const { return blocks_for(all_columns, columns); }
  unsigned threads() const { return columns * rows; }
};

/// The same over the rows of a ColumnBlock: the threads of its first row receive their columns' results.
/// `scratch` is shared memory for a value of each thread.
template <class A, class F>
__device__ __forceinline__ A reduce_rows(A a, unsigned columns, A* scratch, F combine) {
  scratch[threadIdx.x] = a;
  for (unsigned half = blockDim.x / 2; half >= columns; half /= 2) {
    __syncthreads();
    if (threadIdx.x >= half) continue;
    a = combine(a, scratch[threadIdx.x + half]);
    scratch[threadIdx.x] = a;
  }
  return a;
}

/// Enough blocks to fill any GPU that is built: what is cut into pieces is cut into no more.
constexpr int64_t wanted_blocks = 2048;

/// Rows of `run` elements, cut into pieces of whole rows or, where rows are long, of segments of one row. By
/// the extents alone, so that the bits of sums do not depend on the GPU.
struct Pieces {
  int64_t rows = 1, run = 1;
  int64_t chunk = 1, chunks = 1;      // rows a piece, pieces down the rows
  int64_t segment = 1, segments = 1;  // elements of a row, pieces along it
  FastDivide vectors{INT32_MAX};      // in a row of a piece; more than there are where it has one row

  /// Into `pieces` of about equal sizes, for vectors of `vector` elements.
  Pieces(int64_t all_rows, int64_t elements, int64_t pieces, int64_t vector) : rows(all_rows), run(elements) {
    const int64_t most = int64_t{1} << 24;  // so that 32 bits count within a piece
    pieces = std::max({pieces, blocks_for(rows * run, most), int64_t{1}});
    chunk = std::max<int64_t>(1, blocks_for(rows, pieces));
    chunks = std::max<int64_t>(1, blocks_for(rows, chunk));
    segments = chunk > 1 ? 1 : std::max<int64_t>(1, pieces / std::max<int64_t>(1, rows));
    segment = std::max(vector, blocks_for(blocks_for(run, segments), vector) * vector);
    segments = std::max<int64_t>(1, blocks_for(run, segment));
    if (chunk > 1) vectors = FastDivide(std::max<int64_t>(1, run / vector));
  }
  __host__ __device__ int64_t count() const { return chunks * segments; }
};

/// One piece, as a thread sees it: vector i lies in row `row` + vectors.quotient(i).
struct Piece {
  int64_t row, at;    // the first row, and the first element of each
  uint32_t n, width;  // vectors in all, elements of a row

  __device__ __forceinline__ Piece(const Pieces& p, int64_t index, int vector) {
    const int64_t chunk = p.segments == 1 ? index : index / p.segments;
    row = chunk * p.chunk;
    at = (index - chunk * p.segments) * p.segment;
    width = static_cast<uint32_t>(min(p.segment, p.run - at));
    n = static_cast<uint32_t>(min(p.chunk, p.rows - row)) * (width / static_cast<uint32_t>(vector));
  }
};

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
