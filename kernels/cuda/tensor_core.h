// What the tensor-core kernels share: number formats, tiles, how a product is cut into blocks, and operands
// in the layout that they read.
//
// An operand lies channels last, its channels padded with zeros to whole 16-byte chunks: four of tf32, eight
// of bf16. A slab is what one stage of the pipeline holds. In shared memory the chunks of a row are permuted
// by an exclusive or with bits of the row's number, so that neither copies nor fragments meet in a bank.
#pragma once
#include "core/precision.h"
#include "kernels/cuda/fast_divide.h"
#include "kernels/cuda/launch.h"

namespace saddle::kernels {

/// Factors rounded to tf32, four bytes each.
struct Tf32 {
  using Element = uint32_t;
  static constexpr DType dtype = DType::f32;
  static constexpr int chunk = 4;  ///< elements in 16 bytes
  static constexpr int depth = 8;  ///< of one multiplication

  static __device__ __forceinline__ void multiply(float (&d)[4], const uint32_t (&a)[4],
                                                  const uint32_t (&b)[2]) {
    gpu::mma_m16n8k8_tf32(d, a, b);
  }
};

/// Factors rounded to bf16, two bytes each.
struct Bf16 {
  using Element = uint16_t;
  static constexpr DType dtype = DType::bf16;
  static constexpr int chunk = 8;
  static constexpr int depth = 16;

  static __device__ __forceinline__ void multiply(float (&d)[4], const uint32_t (&a)[4],
                                                  const uint32_t (&b)[2]) {
    gpu::mma_m16n8k16_bf16(d, a, b);
  }
};

/// Calls f.template operator()<Format>() with the format of the precision, which is not fp32.
template <class F>
decltype(auto) with_format(Precision precision, F&& f) {
  return precision == Precision::tf32 ? f.template operator()<Tf32>() : f.template operator()<Bf16>();
}

/// A block's part of a product, [Rows, Columns], cut into the equal parts of its warps.
template <int Rows, int Columns, int WarpRows, int WarpColumns, int Stages>
struct Tile {
  static constexpr int rows = Rows, columns = Columns, stages = Stages;
  static constexpr int warp_rows = Rows / WarpRows, warp_columns = Columns / WarpColumns;  // of a warp's part
  static constexpr int warps_across = WarpColumns;
  static constexpr int warps = WarpRows * WarpColumns, threads = 32 * warps;
  static constexpr int most_shared_bytes = Stages * (Rows + Columns) * 128;  // of a kernel with this tile
  static_assert(warp_rows % 32 == 0 && warp_columns % 32 == 0);
};
using Tile256x128 = Tile<256, 128, 4, 2, 3>;
using Tile128x128 = Tile<128, 128, 2, 4, 3>;
using Tile128x64 = Tile<128, 64, 2, 2, 3>;
using Tile64x64 = Tile<64, 64, 2, 2, 4>;
using Tile64x32 = Tile<64, 32, 2, 1, 4>;

/// Calls f.template operator()<Tile>() with tile `index` of the five.
template <class F>
void with_tile(int index, F&& f) {
  switch (index) {
    case 0:
      return f.template operator()<Tile256x128>();
    case 1:
      return f.template operator()<Tile128x128>();
    case 2:
      return f.template operator()<Tile128x64>();
    case 3:
      return f.template operator()<Tile64x64>();
    default:
      return f.template operator()<Tile64x32>();
  }
}

/// Elements of an operand, and of anything else that kernels index with 32 bits, are at most this many.
constexpr int64_t most_elements = int64_t{1} << 30;

/// Parts that a product's sums may be cut into.
constexpr int64_t most_splits = 32;

/// How a product is computed: with which tile, and in how many parts of its sums, which are then added up.
struct ProductPlan {
  int tile = 0, splits = 1;
};

namespace SADDLE_GPU_DEVICE {

/// Slabs begin .. end - 1 through `stages` pieces of shared memory, the copies of the next ones under way
/// while one is multiplied. load(slab, stage) starts the copies of a slab, if it is one of them, and commits;
/// multiply(stage) reads what has arrived.
template <int stages, class Load, class Multiply>
__device__ __forceinline__ void multiply_slabs(int begin, int end, const Load& load,
                                               const Multiply& multiply) {
  for (int stage = 0; stage < stages - 1; ++stage) load(begin + stage, stage);
  int stage = 0, free_stage = stages - 1;
  for (int slab = begin; slab < end; ++slab) {
    gpu::cp_async_wait<stages - 2>();
    __syncthreads();  // the slab is there, and nobody reads the one before, which the next copies overwrite
    load(slab + stages - 1, free_stage);
    multiply(stage);
    stage = stage + 1 == stages ? 0 : stage + 1;
    free_stage = free_stage + 1 == stages ? 0 : free_stage + 1;
  }
}

/// The plan that keeps the device's processors busiest for `copies` products [rows, columns] over `slabs`
/// slabs.
ProductPlan plan_product(int64_t rows, int64_t columns, int64_t slabs, int64_t copies, Device device);

/// x[batch, channels, pixels] of f32 -> [batch, pixels, padded] in the format, padded: `channels` rounded up
/// to whole chunks; what is added is 0. Reads and writes each element once: bound by memory.
template <class Format>
Tensor channels_last(const Tensor& x, int64_t batch, int64_t channels, int64_t pixels);

/// parts[splits, batch, pixels, padded] -> y[batch, channels, pixels], the sums over the parts, in their
/// order.
void sum_parts(const Tensor& parts, Tensor& y, int64_t splits, int64_t channels, int64_t pixels,
               int64_t padded);

}  // namespace SADDLE_GPU_DEVICE
}  // namespace saddle::kernels
