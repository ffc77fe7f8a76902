// The inner part of matrix products and convolutions: a block computes one tile of
//   y[m, n] = sum over k of a[m, k] b[k, n]
// whose operands a *source* copies into shared memory, piece by piece along k, from wherever they lie, and
// whose result a *sink* puts away. All arithmetic is in the operands' own type, one fused multiply-add a
// product, in the order of k.
//
// A thread computes thread_rows x thread_columns elements in registers. Copies are asynchronous, `stages`
// pieces deep, with one barrier a piece: the stage that a piece is copied to was last read before that
// barrier. In shared memory both operands lie as [depth][lanes + 16 bytes]: fragments are read 16 bytes at a
// time, of a by 4 groups of lanes and of b by 8, each address once a warp; and the padding lets lanes that
// copy along k and those that copy along m or n write to different banks alike.
//
// Roofline, 8x8 elements a thread: each k costs 4 vector loads against 64 multiply-adds, so that the
// arithmetic units are what limits.
#pragma once
#include "kernels/cuda/launch.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {

/// Shape of a block's tile, of a piece of k, and of a thread's share of the tile. `Blocks` of them are to fit
/// on a multiprocessor at once.
template <int Rows, int Columns, int Depth, int ThreadRows, int ThreadColumns, int Blocks>
struct Tile {
  static constexpr int rows = Rows, columns = Columns, depth = Depth, blocks = Blocks;
  static constexpr int thread_rows = ThreadRows, thread_columns = ThreadColumns;
  static constexpr int threads = (Rows / ThreadRows) * (Columns / ThreadColumns);
  // Of a warp's lanes, 4 are below each other and 8 beside each other.
  static constexpr int warp_rows = 4 * ThreadRows, warp_columns = 8 * ThreadColumns;
  static_assert(Rows % warp_rows == 0 && Columns % warp_columns == 0);
  static_assert(threads % Rows == 0 && threads % Columns == 0 && threads % Depth == 0);
};

/// Pieces of k in shared memory: one is used while the others are on their way.
constexpr int stages = 3;

/// The elements of a vector load: 16 bytes, or what a thread has side by side.
template <class T>
constexpr int vector_width(int elements) {
  const int most = 16 / static_cast<int>(sizeof(T));
  return elements < most ? elements : most;
}

__device__ __forceinline__ void load_vector(const float* from, float (&to)[4]) {
  const float4 v = *reinterpret_cast<const float4*>(from);
  to[0] = v.x, to[1] = v.y, to[2] = v.z, to[3] = v.w;
}
__device__ __forceinline__ void load_vector(const float* from, float (&to)[2]) {
  const float2 v = *reinterpret_cast<const float2*>(from);
  to[0] = v.x, to[1] = v.y;
}
__device__ __forceinline__ void load_vector(const double* from, double (&to)[2]) {
  const double2 v = *reinterpret_cast<const double2*>(from);
  to[0] = v.x, to[1] = v.y;
}
__device__ __forceinline__ void store_vector(float* to, const float (&from)[4]) {
  *reinterpret_cast<float4*>(to) = make_float4(from[0], from[1], from[2], from[3]);
}
__device__ __forceinline__ void store_vector(float* to, const float (&from)[2]) {
  *reinterpret_cast<float2*>(to) = make_float2(from[0], from[1]);
}
__device__ __forceinline__ void store_vector(double* to, const double (&from)[2]) {
  *reinterpret_cast<double2*>(to) = make_double2(from[0], from[1]);
}

/// An operand's stages in shared memory.
template <class T, int Lanes, int Depth>
struct Panel {
  static constexpr int pitch = Lanes + 16 / static_cast<int>(sizeof(T));
  static constexpr int stage = Depth * pitch;
  static constexpr int size = stages * stage;
};
template <class T, class Tile>
using RowPanel = Panel<T, Tile::rows, Tile::depth>;
template <class T, class Tile>
using ColumnPanel = Panel<T, Tile::columns, Tile::depth>;

/// Which elements of a piece of an operand a thread copies: neighbouring threads along k if AlongK, else
/// along the lanes (m or n). Element j of `count` lies at lane(j), k(j).
template <bool AlongK, int Lanes, int Depth, int Threads>
struct Share {
  static constexpr int count = Lanes * Depth / Threads;
  static constexpr int lanes = AlongK ? count : 1;  ///< different lanes among them
  static __device__ __forceinline__ int lane(int j) {
    const int t = static_cast<int>(threadIdx.x);
    return AlongK ? t / Depth + j * (Threads / Depth) : t % Lanes;
  }
  static __device__ __forceinline__ int k(int j) {
    const int t = static_cast<int>(threadIdx.x);
    return AlongK ? t % Depth : t / Lanes + j * (Threads / Lanes);
  }
};

/// A thread's share of the tile. Elements that lie side by side form vectors; those of a warp interleave.
template <class T, class Tile>
struct Fragments {
  static constexpr int rows = Tile::thread_rows, columns = Tile::thread_columns;
  static constexpr int row_width = vector_width<T>(rows), column_width = vector_width<T>(columns);

  int first_row, first_column;  ///< in the tile
  T sums[rows][columns];

  __device__ __forceinline__ Fragments() {
    constexpr int warps_across = Tile::columns / Tile::warp_columns;
    const int lane = static_cast<int>(threadIdx.x) % 32, warp = static_cast<int>(threadIdx.x) / 32;
    first_row = warp / warps_across * Tile::warp_rows + lane / 8 * row_width;
    first_column = warp % warps_across * Tile::warp_columns + lane % 8 * column_width;
#pragma unroll
    for (int i = 0; i < rows; ++i)
#pragma unroll
      for (int j = 0; j < columns; ++j) sums[i][j] = 0;
  }

  __device__ __forceinline__ int row(int i) const {
    return first_row + i / row_width * (4 * row_width) + i % row_width;
  }
  __device__ __forceinline__ int column(int j) const {
    return first_column + j / column_width * (8 * column_width) + j % column_width;
  }

  /// Adds the products of one piece of k.
  __device__ __forceinline__ void multiply(const T* a, const T* b) {
    // Unrolled further, 8x8 sums and the fragments of several k do not fit 128 registers.
#pragma unroll 2
    for (int k = 0; k < Tile::depth; ++k) {
      T x[rows / row_width][row_width], y[columns / column_width][column_width];
#pragma unroll
      for (int i = 0; i < rows / row_width; ++i)
        load_vector(a + k * RowPanel<T, Tile>::pitch + row(i * row_width), x[i]);
#pragma unroll
      for (int j = 0; j < columns / column_width; ++j)
        load_vector(b + k * ColumnPanel<T, Tile>::pitch + column(j * column_width), y[j]);
#pragma unroll
      for (int i = 0; i < rows; ++i)
#pragma unroll
        for (int j = 0; j < columns; ++j)
          sums[i][j] += x[i / row_width][i % row_width] * y[j / column_width][j % column_width];
    }
  }
};

/// Sums over `pieces` pieces of k. A source has
///   prepare(piece)           writes to shared memory what copy(piece) reads there, a barrier later;
///   copy(piece, a, b)        called for each piece in turn; starts the copies of this thread's share of a
///   piece: zeros outside the operands.
/// The arrays a and b in shared memory hold RowPanel::size and ColumnPanel::size elements.
template <class Tile, class T, class Source>
__device__ __forceinline__ void sum_products(Source& source, int pieces, T* a, T* b,
                                             Fragments<T, Tile>& fragments) {
  for (int piece = 0; piece < min(stages, pieces); ++piece) source.prepare(piece);
  __syncthreads();  // mutant survives in matmul_kernel: its source prepares nothing
  for (int piece = 0; piece < stages - 1; ++piece) {
    if (piece < pieces)
      source.copy(piece, a + piece * RowPanel<T, Tile>::stage, b + piece * ColumnPanel<T, Tile>::stage);
    gpu::cp_async_commit();
  }
  int stage = 0, free_stage = stages - 1;
#pragma unroll 1
  for (int piece = 0; piece < pieces; ++piece) {
    gpu::cp_async_wait<stages - 2>();
    __syncthreads();
    const int next = piece + stages - 1;
    if (next < pieces)
      source.copy(next, a + free_stage * RowPanel<T, Tile>::stage,
                  b + free_stage * ColumnPanel<T, Tile>::stage);
    gpu::cp_async_commit();
    if (next + 1 < pieces) source.prepare(next + 1);
    fragments.multiply(a + stage * RowPanel<T, Tile>::stage, b + stage * ColumnPanel<T, Tile>::stage);
    free_stage = stage;
    stage = stage + 1 == stages ? 0 : stage + 1;
  }
}

/// Puts a tile away whose first element is at (row, column). A sink has `rows` and `columns`, the extents of
/// y, the distance `row_stride` of rows, at(column), the address of a column's element of row 0, and
/// `vectors`: true if columns that start at a multiple of four lie side by side, all four within y, and
/// aligned to 16 bytes.
template <class Tile, class T, class Sink>
__device__ __forceinline__ void store(const Sink& sink, int row, int column,
                                      const Fragments<T, Tile>& fragments) {
  using F = Fragments<T, Tile>;
  if (sink.vectors) {
#pragma unroll
    for (int j = 0; j < F::columns; j += F::column_width) {
      const int n = column + fragments.column(j);
      if (n >= sink.columns) continue;
      T* const to = sink.at(n);
#pragma unroll
      for (int i = 0; i < F::rows; ++i) {
        const int m = row + fragments.row(i);
        T values[F::column_width];
#pragma unroll
        for (int v = 0; v < F::column_width; ++v) values[v] = fragments.sums[i][j + v];
        if (m < sink.rows) store_vector(to + m * sink.row_stride, values);
      }
    }
    return;
  }
#pragma unroll
  for (int j = 0; j < F::columns; ++j) {
    const int n = column + fragments.column(j);
    if (n >= sink.columns) continue;
    T* const to = sink.at(n);
#pragma unroll
    for (int i = 0; i < F::rows; ++i) {
      const int m = row + fragments.row(i);
      if (m < sink.rows) to[m * sink.row_stride] = fragments.sums[i][j];
    }
  }
}

/// A matrix: y[m, n] = data[m row_stride + n column_stride].
template <class T>
struct MatrixSink {
  T* data;
  int rows, columns;
  int64_t row_stride, column_stride;
  bool vectors;

  __device__ __forceinline__ T* at(int column) const { return data + column * column_stride; }
};

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
