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
  int tiles;                    // into which each row is cut
  int chunk;                    // rows a block takes
  int step_planes, step_plane;  // block.y rows on: whole planes, and rows of one more
};

/// Blocks of `columns` threads a tile and at most `most_rows` rows at once, a power of two; at least `threads`
/// threads even where there are few rows. Long images get blocks that stay for up to 8 turns.
inline RowBlocks row_blocks(int64_t planes, int64_t height, int64_t tiles, int64_t columns, int64_t most_rows,
                            int64_t threads = 1) {
  const int64_t rows = planes * height;
  const auto needed = static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(rows)));
  const int64_t at_once = std::max(std::min(needed, most_rows), blocks_for(threads, columns));
  const int64_t turns = std::clamp<int64_t>(rows * tiles / (2048 * at_once), 1, 8);
  RowBlocks blocks;
  blocks.grid = dim3(static_cast<unsigned>(blocks_for(rows, at_once * turns) * tiles));
  blocks.block = dim3(static_cast<unsigned>(columns), static_cast<unsigned>(at_once));
  blocks.rows = rows;
  blocks.height = static_cast<int>(height);
  blocks.tiles = static_cast<int>(tiles);
  blocks.chunk = static_cast<int>(at_once * turns);
  blocks.step_planes = static_cast<int>(at_once / height);
  blocks.step_plane = static_cast<int>(at_once % height);
  return blocks;
}

/// The rows of a thread, and which tile of them its block takes. Threads of a block make the same number of
/// steps while `more` says so, but some may find no row `inside`.
struct RowWalk {
  int64_t row, plane;
  int i;  // row of the plane
  int tile;

  __device__ __forceinline__ explicit RowWalk(const RowBlocks& blocks) : blocks_(blocks) {
    const unsigned tiles = static_cast<unsigned>(blocks.tiles), chunk_index = blockIdx.x / tiles;
    tile = static_cast<int>(blockIdx.x - chunk_index * tiles);
    begin_ = static_cast<int64_t>(chunk_index) * blocks.chunk;
    end_ = min(begin_ + blocks.chunk, blocks.rows);
    row = begin_ + threadIdx.y;
    const bool narrow = row <= INT32_MAX;  // 64-bit divisions are slow
    plane = narrow ? static_cast<int>(row) / blocks.height : row / blocks.height;
    i = static_cast<int>(row - plane * blocks.height);
  }

  __device__ __forceinline__ bool more() const { return begin_ < end_; }
  __device__ __forceinline__ bool inside() const { return row < end_; }
  __device__ __forceinline__ void next() {
    begin_ += blockDim.y;
    row += blockDim.y;
    plane += blocks_.step_planes;
    i += blocks_.step_plane;
    if (i >= blocks_.height) {
      i -= blocks_.height;
      ++plane;
    }
  }

 private:
  const RowBlocks& blocks_;
  int64_t begin_, end_;
};

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
