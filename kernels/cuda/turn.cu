// Copies that turn rows into columns on a GPU. A block reads a tile in x's order into shared memory and
// writes it in y's, so that both sides are runs of at least 64 bytes, 128 where the axes are long enough;
// where one side of a tile is short, the other makes up for it. Rows of the tile are an odd number of words
// apart: no bank is asked twice. Bound by memory: each element is read once and written once; expected at 85
// % of the copy bandwidth.
#include "kernels/cuda/turn.h"

#include <algorithm>

#include "kernels/cuda/fast_divide.h"
#include "kernels/cuda/pack.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

constexpr unsigned threads = 256;

/// A tile's sides in elements where both axes are long.
template <class Unit>
constexpr int64_t tile_side = sizeof(Unit) < 4 ? 64 : 32;

/// The rows of a tile run along `across`, which is dense in x, its columns along y's innermost axis.
struct Turn {
  int64_t rows, columns, column_stride, row_stride;  // of the whole; strides in x and in y
  FastDivide tile_rows, tile_columns, down, wide;    // tiles down and wide cover the whole
  uint32_t pitch;                                    // elements of the tile from column to column
  int axes = 0;                                      // around the tiles, innermost first
  FastDivide extent[Shape::max_rank - 2];
  int64_t from[Shape::max_rank - 2], to[Shape::max_rank - 2];
};

template <class Unit>
__global__ void __launch_bounds__(threads)
    turn_kernel(const Unit* __restrict__ x, Unit* __restrict__ y, const __grid_constant__ Turn turn) {
  constexpr int count = tile_side<Unit> * tile_side<Unit> / threads;
  GPU_DYNAMIC_SHARED(Unit, tile);
  const auto wide = turn.wide.divide(blockIdx.x), down = turn.down.divide(wide.quotient);
  uint32_t rest = down.quotient;
  for (int a = 0; a < turn.axes; ++a) {
    const auto at = turn.extent[a].divide(rest);
    x += at.remainder * turn.from[a];
    y += at.remainder * turn.to[a];
    rest = at.quotient;
  }
  const int64_t row = int64_t{down.remainder} * turn.tile_rows.divisor();
  const int64_t column = int64_t{wide.remainder} * turn.tile_columns.divisor();
  x += row + column * turn.column_stride;
  y += row * turn.row_stride + column;
  const auto rows = static_cast<uint32_t>(min(turn.rows - row, int64_t{turn.tile_rows.divisor()}));
  const auto columns =
      static_cast<uint32_t>(min(turn.columns - column, int64_t{turn.tile_columns.divisor()}));

  Unit unit[count] = {};
#pragma unroll
  for (int u = 0; u < count; ++u) {
    const auto at = turn.tile_rows.divide(threadIdx.x + static_cast<uint32_t>(u) * threads);
    if (at.remainder < rows && at.quotient < columns)
      unit[u] = x[at.remainder + at.quotient * turn.column_stride];
  }
#pragma unroll
  for (int u = 0; u < count; ++u) {
    const auto at = turn.tile_rows.divide(threadIdx.x + static_cast<uint32_t>(u) * threads);
    if (at.remainder < rows && at.quotient < columns) tile[at.quotient * turn.pitch + at.remainder] = unit[u];
  }
  __syncthreads();
#pragma unroll
  for (int u = 0; u < count; ++u) {
    const auto at = turn.tile_columns.divide(threadIdx.x + static_cast<uint32_t>(u) * threads);
    if (at.quotient < rows && at.remainder < columns)
      y[at.quotient * turn.row_stride + at.remainder] = tile[at.remainder * turn.pitch + at.quotient];
  }
}

/// The sides of a tile of at most side^2 elements.
struct TileSides {
  int64_t rows, columns;
  TileSides(const Walk& walk, size_t across, int64_t side)
      : rows(std::min(walk.extent[across], std::max(side, side * side / walk.extent[0]))),
        columns(std::min(walk.extent[0], std::max(side, side * side / walk.extent[across]))) {}
};

/// Rows an odd number of words apart; elements of 8 bytes are read by half a warp at a time, so that an odd
/// number of them does the same.
int64_t pitch_of(int64_t rows, int64_t size) {
  const int64_t word = std::max<int64_t>(4 / size, 1);
  return (blocks_for(rows, word) | 1) * word;
}

template <class Unit>
void turn_tiles(const Unit* x, const Walk& walk, size_t across, Unit* y, Device device) {
  Turn turn{};
  int64_t dense = walk.extent[0], outer = 1;
  for (size_t i = 1; i < static_cast<size_t>(walk.rank); ++i) {
    if (i == across) {
      turn.row_stride = dense;
    } else {
      turn.extent[turn.axes] = FastDivide(walk.extent[i]);
      turn.from[turn.axes] = walk.stride[i];
      turn.to[turn.axes++] = dense;
      outer *= walk.extent[i];
    }
    dense *= walk.extent[i];
  }
  turn.rows = walk.extent[across];
  turn.columns = walk.extent[0];
  turn.column_stride = walk.stride[0];
  const TileSides tile(walk, across, tile_side<Unit>);
  const int64_t down = blocks_for(turn.rows, tile.rows), wide = blocks_for(turn.columns, tile.columns);
  turn.tile_rows = FastDivide(tile.rows);
  turn.tile_columns = FastDivide(tile.columns);
  turn.down = FastDivide(down);
  turn.wide = FastDivide(wide);
  const int64_t size = sizeof(Unit), pitch = pitch_of(tile.rows, size);
  turn.pitch = static_cast<uint32_t>(pitch);
  SADDLE_LAUNCH((turn_kernel<Unit>), static_cast<unsigned>(outer * down * wide), threads,
                static_cast<size_t>(tile.columns * pitch * size), device, x, y, turn);
}

}  // namespace

bool turns_well(const Walk& walk, size_t across) {
  const TileSides tile(walk, across, 32);
  return tile.rows * tile.columns >= threads / 2;
}

void copy_turned(const Tensor& x, int64_t offset, const Walk& walk, size_t across, Tensor& y) {
  dispatch_unit(static_cast<int64_t>(size_of(x.dtype())), [&]<class Unit>() {
    if constexpr (sizeof(Unit) <= 8)
      turn_tiles(static_cast<const Unit*>(x.raw()) + offset, walk, across, static_cast<Unit*>(y.raw()),
                 y.device());
  });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
