// How a product is cut into blocks: which tile, into how many parts its sum over k is split, and in which
// order the blocks come. A function of the shapes alone, so that results are the same on every GPU.
#pragma once
#include <algorithm>
#include <limits>

#include "core/tensor.h"
#include "kernels/cuda/fast_divide.h"
#include "kernels/cuda/gemm_choice.h"
#include "kernels/cuda/gemm_tile.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {

/// A tile that products may use, and the share of the arithmetic units' speed that many of its blocks reach:
/// less with fewer multiply-adds a load from memory and from shared memory.
template <class TileType, int Percent>
struct TileChoice {
  using Tile = TileType;
  static constexpr double efficiency = Percent / 100.0;
};

template <class... Choices>
struct TileList {};

template <class T>
struct TilesOf;
template <>
struct TilesOf<float> {
  using List =
      TileList<TileChoice<Tile<128, 128, 8, 8, 8, 2>, 100>, TileChoice<Tile<64, 128, 8, 8, 8, 4>, 90>,
               TileChoice<Tile<64, 64, 16, 8, 4, 4>, 75>, TileChoice<Tile<32, 32, 16, 4, 4, 8>, 45>,
               TileChoice<Tile<8, 128, 16, 2, 4, 6>, 40>, TileChoice<Tile<8, 16, 8, 2, 2, 16>, 15>>;
};
template <>
struct TilesOf<double> {
  using List = TileList<TileChoice<Tile<64, 64, 8, 4, 4, 2>, 100>, TileChoice<Tile<32, 32, 16, 4, 4, 4>, 70>,
                        TileChoice<Tile<8, 16, 8, 2, 2, 16>, 25>>;
};

/// y[m, n] summed over k, `batches` times; for phases of different extents, the largest.
struct ProductShape {
  int64_t m, n, k, batches;
};

/// A tile's place in its list, and parts of k.
struct Plan {
  int tile = 0;
  int64_t splits = 1, pieces = 0;  ///< pieces of k that a split sums at most
};

namespace planning {

/// Blocks that fill a large GPU once. A constant, as the order of sums depends on it.
constexpr int64_t full = 132;
/// A split sums at least this many products: its partial sums are written and read once.
constexpr int64_t least_k = 128;

template <class Choice>
void consider(const ProductShape& shape, int64_t phases, bool may_split, int index, double& best,
              Plan& plan) {
  using Tile = typename Choice::Tile;
  const int64_t blocks =
      blocks_for(shape.m, Tile::rows) * blocks_for(shape.n, Tile::columns) * shape.batches * phases;
  const int64_t all_pieces = blocks_for(shape.k, Tile::depth);
  const int64_t wanted = may_split ? std::min(2 * full / blocks, shape.k / least_k) : 1;
  const int64_t pieces = blocks_for(all_pieces, std::max<int64_t>(1, wanted));
  const int64_t splits = pieces == 0 ? 1 : blocks_for(all_pieces, pieces);
  // The time of a block, its start and end included, and how many blocks come after each other.
  const double work = static_cast<double>(pieces * Tile::depth + 32) * Tile::rows * Tile::columns;
  const double waves = std::max(1.0, static_cast<double>(blocks * splits) / static_cast<double>(full));
  const double time = work * waves / Choice::efficiency;
  if (time < best) {
    best = time;
    plan = {index, splits, pieces};
  }
}

}  // namespace planning

/// The plan for `phases` products of at most this shape in one launch.
template <class... Choices>
Plan make_plan(const ProductShape& shape, TileList<Choices...>, int64_t phases = 1, bool may_split = true) {
  double best = std::numeric_limits<double>::infinity();
  Plan plan;
  constexpr int count = sizeof...(Choices);
  static_assert(count <= ForcedTile::most);
  const int forced =
      ForcedTile::current == ForcedTile::none ? ForcedTile::none : std::min(ForcedTile::current, count - 1);
  int index = 0;
  const auto consider = [&]<class Choice>() {
    if (forced == ForcedTile::none || forced == index)
      planning::consider<Choice>(shape, phases, may_split, index, best, plan);
    ++index;
  };
  (consider.template operator()<Choices>(), ...);
  return plan;
}

/// Calls f.template operator()<Tile>() with the tile of `plan`.
template <class F, class... Choices>
void with_tile(const Plan& plan, TileList<Choices...>, F&& f) {
  int index = 0;
  ((index++ == plan.tile ? f.template operator()<typename Choices::Tile>() : void()), ...);
}

/// A block's place: its tile, its part of k, its batch, its phase.
struct BlockPlace {
  int phase, row_tile, column_tile, split;
  int64_t batch;
};

/// The blocks in the order in which a GPU starts them. Those that read the same columns, of which there is
/// most, are next to each other, and find them in the cache.
struct BlockOrder {
  FastDivide phases, row_tiles, column_tiles, splits;
  unsigned count = 0;

  template <class Tile>
  static BlockOrder of(const ProductShape& shape, const Plan& plan, int64_t phases = 1) {
    const int64_t row_tiles = blocks_for(shape.m, Tile::rows),
                  column_tiles = blocks_for(shape.n, Tile::columns);
    const double count = static_cast<double>(phases * row_tiles * column_tiles) *
                         static_cast<double>(plan.splits * shape.batches);
    require<Error>(count < 0x1p31, "a product [", shape.m, ",", shape.k, "] [", shape.k, ",", shape.n, "], ",
                   shape.batches, " times, has more than 2^31 tiles");
    return {FastDivide(phases), FastDivide(row_tiles), FastDivide(column_tiles), FastDivide(plan.splits),
            static_cast<unsigned>(count)};
  }

  __device__ __forceinline__ BlockPlace place(unsigned block) const {
    const auto [a, phase] = phases.divide(block);
    const auto [b, row_tile] = row_tiles.divide(a);
    const auto [c, column_tile] = column_tiles.divide(b);
    const auto [batch, split] = splits.divide(c);
    return {static_cast<int>(phase), static_cast<int>(row_tile), static_cast<int>(column_tile),
            static_cast<int>(split), static_cast<int64_t>(batch)};
  }
};

/// Throws Error unless every extent of a product can be counted in 31 bits, with room for a tile.
inline void check_extents(const char* op, const ProductShape& shape) {
  constexpr int64_t most = std::numeric_limits<int32_t>::max() - 256;
  require<Error>(shape.m <= most && shape.n <= most && shape.k <= most, op, ": a product [", shape.m, ",",
                 shape.k, "] [", shape.k, ",", shape.n, "] on a GPU, where extents must be below 2^31");
}

/// y[i] = partials[0, i] + partials[1, i] + ..: a thread adds every `shares`-th split, then the first of
/// those of an element adds their sums, all in a fixed order. Reads each partial sum once: bound by memory.
template <class T>
__global__ void sum_splits_kernel(const T* __restrict__ partials, T* __restrict__ y, int64_t count,
                                  int splits) {
  GPU_SHARED(T, sums, [8][32]);
  const int lane = static_cast<int>(threadIdx.x), share = static_cast<int>(threadIdx.y);
  const int shares = static_cast<int>(blockDim.y);
  const int64_t i = static_cast<int64_t>(blockIdx.x) * 32 + lane;
  T sum = 0;
  if (i < count) {
#pragma unroll 4
    for (int split = share; split < splits; split += shares) sum += partials[split * count + i];
  }
  sums[share][lane] = sum;
  __syncthreads();
  if (share > 0 || i >= count) return;
  for (int other = 1; other < shares; ++other) sum += sums[other][lane];
  y[i] = sum;
}

/// Calls f(result): for one split with y itself, else with memory for `splits` tensors like y one after
/// another, which are then summed into y.
template <class T, class F>
void with_splits(Tensor& y, int64_t splits, F&& f) {
  if (splits == 1) return f(y.data<T>());
  Tensor partials = Tensor::like(y, {splits, y.numel()});
  f(partials.data<T>());
  const dim3 block(32, static_cast<unsigned>(std::min<int64_t>(8, splits)));
  SADDLE_LAUNCH((sum_splits_kernel<T>), static_cast<unsigned>(blocks_for(y.numel(), 32)), block, 0,
                y.device(), static_cast<const T*>(partials.data<T>()), y.data<T>(), y.numel(),
                static_cast<int>(splits));
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
