// How kernels whose outputs are images share out their rows: all rows of all planes one after another, a few
// consecutive ones to a block, whose threads lie side by side along a row (x) and take several rows at once
// (y). What a thread knows of its columns it keeps for all of its rows.
#pragma once
#include <algorithm>
#include <bit>

#include "kernels/cuda/launch.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {

struct RowBlocks {
  dim3 grid, block;
  int64_t rows;  // planes x height
  int height;
  int tiles;                   // into which each row is cut
  int chunk;                   // rows a block takes
  int step_planes, step_rows;  // block.y rows on: whole planes, and rows of one more
};

#ifdef __CUDACC__
constexpr int64_t enough_blocks = 2048;  // for a GPU to be busy to the end
#else
constexpr int64_t enough_blocks = 2;  // so that small images take several turns too
#endif

/// Blocks of `columns` threads a tile and at most `most_rows` rows at once; at least `threads` threads even
/// where there are few rows. Where blocks are enough they stay for up to 8 turns.
inline RowBlocks row_blocks(int64_t planes, int64_t height, int64_t tiles, int64_t columns, int64_t most_rows,
                            int64_t threads = 1) {
  const int64_t rows = planes * height;
  const auto needed = static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(rows)));
  const int64_t at_once = std::max(std::min(needed, most_rows), blocks_for(threads, columns));
  const int64_t turns = std::clamp<int64_t>(rows * tiles / (enough_blocks * at_once), 1, 8);
  RowBlocks blocks;
  blocks.grid = dim3(static_cast<unsigned>(blocks_for(rows, at_once * turns) * tiles));
  blocks.block = dim3(static_cast<unsigned>(columns), static_cast<unsigned>(at_once));
  blocks.rows = rows;
  blocks.height = static_cast<int>(height);
  blocks.tiles = static_cast<int>(tiles);
  blocks.chunk = static_cast<int>(at_once * turns);
  blocks.step_planes = static_cast<int>(at_once / height);
  blocks.step_rows = static_cast<int>(at_once % height);
  return blocks;
}

/// A thread's way through its block's rows. All threads of a block take as many turns (`more`), in some of
/// which a thread may find no row (`inside`).
class RowWalk {
 public:
  int64_t row, plane;  // of all rows; of all planes
  int i;               // row of the plane
  int tile;            // of the row, the same in all turns

  __device__ __forceinline__ explicit RowWalk(const RowBlocks& blocks) : blocks_(blocks) {
    const unsigned tiles = static_cast<unsigned>(blocks.tiles), chunk = blockIdx.x / tiles;
    tile = static_cast<int>(blockIdx.x - chunk * tiles);
    const int64_t begin = static_cast<int64_t>(chunk) * blocks.chunk;
    left_ = static_cast<int>(min(blocks.rows - begin, static_cast<int64_t>(blocks.chunk)));
    row = begin + threadIdx.y;
    const bool narrow = row <= INT32_MAX;  // 64-bit divisions are slow
    plane = narrow ? static_cast<int>(row) / blocks.height : row / blocks.height;
    i = static_cast<int>(row - plane * blocks.height);
  }

  __device__ __forceinline__ bool more() const { return left_ > 0; }
  __device__ __forceinline__ bool inside() const { return static_cast<int>(threadIdx.y) < left_; }
  __device__ __forceinline__ void next() {
    left_ -= static_cast<int>(blockDim.y);
    row += blockDim.y;
    plane += blocks_.step_planes;
    i += blocks_.step_rows;
    if (i >= blocks_.height) {
      i -= blocks_.height;
      ++plane;
    }
  }

 private:
  const RowBlocks& blocks_;
  int left_;  // rows from this turn's first to the block's last
};

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
