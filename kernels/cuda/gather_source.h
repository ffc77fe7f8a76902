// A source (gemm_tile.h) whose operands are gathered from images: where an element of a or b lies is the sum
// of a part of its lane (m or n) and a part of its k, and whether it lies inside the image needs both.
//
// A thread keeps the parts of its lanes in registers. Those of k, which take divisions, are computed by a few
// threads once a piece for the whole block, two barriers ahead, and read from shared memory.
#pragma once
#include "kernels/cuda/gemm_tile.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {

/// An element's address, and whether there is one: zeros stand for the others.
template <class T>
struct Element {
  const T* from;
  bool inside;
};

/// Images have fewer elements, all channels of a group together: offsets within one fit 31 bits with room to
/// spare.
constexpr int64_t most_image_elements = int64_t{1} << 30;
/// A row or column so far outside that no sum of two comes back into an image.
constexpr int outside = -(1 << 30);

/// A problem has a Value type, a Step (the part of k), and
///   step(k)                             for k in [0, K), and no_step() for those beyond;
///   row(m), column(n)                   the parts of the lanes, also for those beyond y's extents;
///   a(row, step), b(column, step)       the elements;
///   a_along_k, b_along_k                whether neighbouring threads copy along k.
template <class Tile, class Problem>
class GatherSource {
  using T = typename Problem::Value;
  using Step = typename Problem::Step;
  using RowShare = Share<Problem::a_along_k, Tile::rows, Tile::depth, Tile::threads>;
  using ColumnShare = Share<Problem::b_along_k, Tile::columns, Tile::depth, Tile::threads>;

 public:
  static constexpr int step_count = stages * Tile::depth;  ///< in shared memory

  __device__ __forceinline__ GatherSource(const Problem& problem, int row, int column, int first_k, int end_k,
                                          Step* shared_steps)
      : problem_(problem), steps_(shared_steps), first_k_(first_k), end_k_(end_k) {
#pragma unroll
    for (int i = 0; i < RowShare::lanes; ++i) rows_[i] = problem.row(row + RowShare::lane(i));
#pragma unroll
    for (int i = 0; i < ColumnShare::lanes; ++i) columns_[i] = problem.column(column + ColumnShare::lane(i));
  }

  __device__ __forceinline__ void prepare(int piece) {
    const int t = static_cast<int>(threadIdx.x);
    if (t >= Tile::depth) return;
    const int k = first_k_ + piece * Tile::depth + t;
    steps_[piece % stages * Tile::depth + t] = k < end_k_ ? problem_.step(k) : Problem::no_step();
  }

  __device__ __forceinline__ void copy(int piece, T* a, T* b) {
    const Step* const steps = steps_ + piece % stages * Tile::depth;
#pragma unroll
    for (int i = 0; i < RowShare::count; ++i)
      start(problem_.a(rows_[Problem::a_along_k ? i : 0], steps[RowShare::k(i)]),
            a + RowShare::k(i) * RowPanel<T, Tile>::pitch + RowShare::lane(i));
#pragma unroll
    for (int i = 0; i < ColumnShare::count; ++i)
      start(problem_.b(columns_[Problem::b_along_k ? i : 0], steps[ColumnShare::k(i)]),
            b + ColumnShare::k(i) * ColumnPanel<T, Tile>::pitch + ColumnShare::lane(i));
  }

 private:
  static __device__ __forceinline__ void start(const Element<T>& element, T* to) {
    gpu::cp_async<sizeof(T)>(to, element.from, element.inside ? sizeof(T) : 0);
  }

  const Problem& problem_;
  Step* steps_;
  int first_k_, end_k_;
  typename Problem::Row rows_[RowShare::lanes];
  typename Problem::Column columns_[ColumnShare::lanes];
};

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
