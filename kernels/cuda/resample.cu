// Separable linear maps of images: y[p,i,j] = sum over the taps (u, a) of rows[i] and (v, b) of columns[j] of
// a b x[p,u,v], for x[P,H,W] -> y[P,OH,OW]. Four kernels, by the most taps that an output has on either axis:
// - `few_taps`, one or two (padding, nearest and bilinear interpolation, means of 2x2, the adjoints of
// nearest x2
//   and of global means): a thread keeps the taps of four columns in registers and walks down the rows; the
//   first-level cache serves what neighbours read again.
// - `four_taps` (blurs, the adjoint of bilinear x2, means of 3x3): a block combines the rows' taps for all
// columns
//   that it needs into shared memory, then the columns' taps from there, so R x C taps cost R + C.
// - `many_taps`: the same for any number, which stay in memory; lanes share the columns of an output.
// - `scattered`, where the sources of one output alone lie farther apart than shared memory is long.
// Sums of very many taps are cut into pieces, which are summed in a second pass, so that one pixel that is
// the mean of a large image has more than one thread.
//
// Roofline: |x| + |y| elements, R + C multiplications an element. An H200 moves about 18 bytes a cycle and
// multiprocessor. 32 outputs of bilinear x2, the hardest of `few_taps`, take 8.5 cycles of that, 5 accesses
// of a line to the cache and 32 of the 34 instructions that 8.5 cycles have; everything else leaves more
// room, so `few_taps` should be within 10 to 15 % of a copy. `four_taps` has a barrier a turn and 55
// instructions and a fourth of its sources' 26: bound by memory where it shrinks images, at about two thirds
// of a copy for a blur.
#include "kernels/resample.h"

#include "kernels/cuda/resample_taps.h"
#include "kernels/cuda/rows.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

/// Blocks of 256 threads a multiprocessor: leaves registers enough to spill none.
template <class T>
constexpr int most_blocks = sizeof(T) == 4 ? 4 : 3;

constexpr int columns_each = 4;  // columns of a thread of few_taps and four_taps

/// What lies `bytes` behind p. An index would take twice the instructions: compilers add indices up first.
template <class T>
__device__ __forceinline__ T load_at(const T* p, unsigned bytes) {
  return *reinterpret_cast<const T*>(reinterpret_cast<const char*>(p) + bytes);
}

/// `gaps`: some outputs have no taps.
template <class T, int K, bool gaps>
__global__ void __launch_bounds__(256)
    few_taps(const T* __restrict__ x, T* __restrict__ y, RowBlocks blocks,
             const FewTaps<T, K>* __restrict__ rows, const FewTaps<T, K>* __restrict__ columns, int height,
             int width, int outputs, T fill) {
  RowWalk walk(blocks);
  const int step = static_cast<int>(blockDim.x);
  const int first = walk.tile * columns_each * step + static_cast<int>(threadIdx.x);
  const int64_t pixels = static_cast<int64_t>(height) * width;
  FewTaps<T, K> column[columns_each] = {};
#pragma unroll
  for (int c = 0; c < columns_each; ++c)
    if (first + c * step < outputs) column[c] = columns[first + c * step];
  unsigned offset[columns_each][K];
#pragma unroll
  for (int c = 0; c < columns_each; ++c)
#pragma unroll
    for (int k = 0; k < K; ++k) offset[c][k] = static_cast<unsigned>(column[c].source[k] * sizeof(T));
  for (; walk.inside(); walk.next()) {
    const FewTaps<T, K> row = rows[walk.i];
    const T* from[K];
#pragma unroll
    for (int r = 0; r < K; ++r)
      from[r] = x + walk.plane * pixels + static_cast<int64_t>(row.source[r]) * width;
    T* to = y + walk.row * outputs + first;
#pragma unroll
    for (int c = 0; c < columns_each; ++c, to += step) {
      T sum = 0;
#pragma unroll
      for (int r = 0; r < K; ++r) {
        T part = 0;
#pragma unroll
        for (int k = 0; k < K; ++k) part += column[c].weight[k] * load_at(from[r], offset[c][k]);
        sum += row.weight[r] * part;
      }
      if (gaps && (row.weight[0] == 0 || column[c].weight[0] == 0)) sum = fill;
      if (first + c * step < outputs) *to = sum;
    }
  }
}

template <class T>
__global__ void __launch_bounds__(256, most_blocks<T> - 1)
    four_taps(const T* __restrict__ x, T* __restrict__ y, RowBlocks blocks,
              const FewTaps<T, 4>* __restrict__ rows, const FewTaps<T, 4>* __restrict__ columns, Tiles tiles,
              int height, int width, int outputs, T fill) {
  GPU_DYNAMIC_SHARED(T, shared);  // [2][blockDim.y][tiles.width + 1]: combined rows, each with a 0 behind it
  RowWalk walk(blocks);
  const int step = static_cast<int>(blockDim.x), lane = static_cast<int>(threadIdx.x);
  const int begin = walk.tile * tiles.outputs, count = min(tiles.outputs, outputs - begin);
  const int first = tiles.span[2 * walk.tile], span = tiles.span[2 * walk.tile + 1];
  const int64_t pixels = static_cast<int64_t>(height) * width;
  FewTaps<T, 4> column[columns_each] = {};
#pragma unroll
  for (int c = 0; c < columns_each; ++c) {
    if (lane + c * step < count) column[c] = columns[begin + lane + c * step];
#pragma unroll
    for (int k = 0; k < 4; ++k)  // what has weight 0 may be infinite: the 0 stands for it
      column[c].source[k] = column[c].weight[k] != 0 ? column[c].source[k] - first : tiles.width;
  }
  const int size = static_cast<int>(blockDim.y) * (tiles.width + 1);
  T* combined = shared + static_cast<int>(threadIdx.y) * (tiles.width + 1);
  if (lane == 0) combined[tiles.width] = combined[size + tiles.width] = 0;
  int other = size;  // two halves in turn: one barrier a turn is enough
  for (; walk.more(); walk.next()) {
    const bool inside = walk.inside();
    const FewTaps<T, 4> row = rows[inside ? walk.i : 0];
    if (inside) {
      const T* const plane = x + walk.plane * pixels + first;
      const T* from[4];
#pragma unroll
      for (int r = 0; r < 4; ++r) from[r] = plane + static_cast<int64_t>(row.source[r]) * width;
#pragma unroll 2
      for (int s = lane; s < span; s += step) {
        const auto bytes = static_cast<unsigned>(s * sizeof(T));
        T sum = 0;
#pragma unroll
        for (int r = 0; r < 4; ++r)
          sum += row.weight[r] * (row.weight[r] != 0 ? load_at(from[r], bytes) : T{0});
        combined[s] = sum;
      }
    }
    __syncthreads();
    if (inside) {
      T* const to = y + walk.row * outputs + begin + lane;
#pragma unroll
      for (int c = 0; c < columns_each; ++c) {
        T sum = 0;
#pragma unroll
        for (int k = 0; k < 4; ++k) sum += column[c].weight[k] * combined[column[c].source[k]];
        if (row.weight[0] == 0 || column[c].weight[0] == 0) sum = fill;
        if (lane + c * step < count) to[c * step] = sum;
      }
    }
    combined += other;
    other = -other;
  }
}

/// combined[s] = the rows' taps' sum at column s of the plane, for s < count.
template <class T>
__device__ __forceinline__ void combine_rows(const T* __restrict__ plane, const Taps<T>& rows, int i,
                                             int width, int count, T* combined) {
  constexpr int each = 4;
  const int begin = rows.begin[i], end = rows.begin[i + 1], step = static_cast<int>(blockDim.x);
  for (int s = static_cast<int>(threadIdx.x); s < count; s += each * step) {
    T sum[each] = {};
#pragma unroll 2
    for (int tap = begin; tap < end; ++tap) {
      const T* from = plane + static_cast<int64_t>(rows.source[tap]) * width;
      const T weight = rows.weight[tap];
#pragma unroll
      for (int c = 0; c < each; ++c)
        if (s + c * step < count) sum[c] += weight * from[s + c * step];
    }
#pragma unroll
    for (int c = 0; c < each; ++c)
      if (s + c * step < count) combined[s + c * step] = sum[c];
  }
}

/// `lanes` threads sum one output's columns: a power of two, at most a warp and blockDim.x.
template <class T>
__global__ void __launch_bounds__(256, most_blocks<T>)
    many_taps(const T* __restrict__ x, T* __restrict__ y, RowBlocks blocks, Taps<T> rows, Taps<T> columns,
              Tiles tiles, int lanes, T fill) {
  GPU_DYNAMIC_SHARED(T, shared);  // [2][blockDim.y][tiles.width]: combined rows
  RowWalk walk(blocks);
  const int begin = walk.tile * tiles.outputs, count = min(tiles.outputs, columns.outputs - begin);
  const int first = tiles.span[2 * walk.tile], span = tiles.span[2 * walk.tile + 1];
  const int lane = static_cast<int>(threadIdx.x) & (lanes - 1), group = static_cast<int>(threadIdx.x) / lanes;
  const int groups = static_cast<int>(blockDim.x) / lanes;
  T* combined = shared + static_cast<int>(threadIdx.y) * tiles.width;
  int other = static_cast<int>(blockDim.y) * tiles.width;  // two halves in turn: one barrier a turn is enough
  for (; walk.more(); walk.next()) {
    const bool inside = walk.inside();
    if (inside)
      combine_rows(x + walk.plane * rows.sources * columns.sources + first, rows, walk.i, columns.sources,
                   span, combined);
    __syncthreads();
    const bool some = inside && rows.begin[walk.i] < rows.begin[walk.i + 1];
    for (int base = 0; base < count; base += groups) {  // as often for all threads: they shuffle
      const bool own = inside && base + group < count;
      const int j = begin + base + group;
      const int tap_begin = own ? columns.begin[j] : 0, tap_end = own ? columns.begin[j + 1] : 0;
      T sum = 0;
      for (int tap = tap_begin + lane; tap < tap_end; tap += lanes)
        sum += columns.weight[tap] * combined[columns.source[tap] - first];
      for (int distance = lanes / 2; distance > 0; distance /= 2) sum += __shfl_xor_sync(~0u, sum, distance);
      if (own && lane == 0) y[walk.row * columns.outputs + j] = some && tap_begin < tap_end ? sum : fill;
    }
    combined += other;
    other = -other;
  }
}

template <class T>
__global__ void __launch_bounds__(256, most_blocks<T>)
    scattered(const T* __restrict__ x, T* __restrict__ y, RowBlocks blocks, Taps<T> rows, Taps<T> columns,
              T fill) {
  RowWalk walk(blocks);
  const int j = walk.tile * static_cast<int>(blockDim.x) + static_cast<int>(threadIdx.x);
  if (j >= columns.outputs) return;
  const int begin = columns.begin[j], end = columns.begin[j + 1];
  for (; walk.inside(); walk.next()) {
    const T* plane = x + walk.plane * rows.sources * columns.sources;
    const int row_begin = rows.begin[walk.i], row_end = rows.begin[walk.i + 1];
    T sum = 0;
    for (int row = row_begin; row < row_end; ++row) {
      const T* from = plane + static_cast<int64_t>(rows.source[row]) * columns.sources;
      T part = 0;
      for (int tap = begin; tap < end; ++tap) part += columns.weight[tap] * from[columns.source[tap]];
      sum += rows.weight[row] * part;
    }
    y[walk.row * columns.outputs + j] = row_begin < row_end && begin < end ? sum : fill;
  }
}

int64_t power_of_two(int64_t at_most) {
  return static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(at_most)));
}

/// One call: picks the kernel and its launch.
template <class T>
struct Call {
  const Tensor& x;
  Tensor& y;
  const AxisMap &rows, &columns;
  T fill;

  Device device() const { return x.device(); }
  int64_t planes() const { return x.size(0) * x.size(1); }

  void run() {
    const int64_t taps = std::max(most_taps(rows), most_taps(columns));
    if (x.numel() == 0) return run_scattered();  // the others read before they know that there is nothing
    if (taps <= 1) return run_few_taps<1>();
    if (taps == 2) return run_few_taps<2>();
    if (!run_tiles(taps)) run_scattered();
  }

  template <int K>
  void run_few_taps() {
    has_gaps(rows) || has_gaps(columns) ? run_few_taps<K, true>() : run_few_taps<K, false>();
  }

  template <int K, bool gaps>
  void run_few_taps() {
    const auto [row_table, row_taps] = to_device(device(), few_taps_of<T, K>(rows));
    const auto [column_table, column_taps] = to_device(device(), few_taps_of<T, K>(columns));
    const int64_t tiles = blocks_for(columns.outputs(), 512);
    const int64_t threads = blocks_for(blocks_for(columns.outputs(), tiles * columns_each), 8) * 8;
    const RowBlocks blocks =
        row_blocks(planes(), rows.outputs(), tiles, threads, power_of_two(256 / threads));
    SADDLE_LAUNCH((few_taps<T, K, gaps>), blocks.grid, blocks.block, 0, device(), x.data<T>(), y.data<T>(),
                  blocks, row_taps, column_taps, static_cast<int>(rows.sources()),
                  static_cast<int>(columns.sources()), static_cast<int>(columns.outputs()), fill);
  }

  /// False if shared memory cannot hold the sources of one output.
  bool run_tiles(int64_t taps) {
    constexpr int64_t elements = 48 * 1024 / (2 * sizeof(T));
    constexpr int64_t most_outputs = 256;
    int64_t outputs = blocks_for(columns.outputs(), blocks_for(columns.outputs(), most_outputs));
    std::vector<int> spans = spans_of(columns, outputs);
    while (outputs > 1 && widest(spans) >= elements) spans = spans_of(columns, outputs /= 2);
    if (widest(spans) >= elements) return false;
    const auto [table, span] = to_device(device(), spans);
    const Tiles tiles{
        .span = span, .outputs = static_cast<int>(outputs), .width = static_cast<int>(widest(spans))};
    const auto count = static_cast<int64_t>(spans.size() / 2);
    taps <= 4 ? run_four_taps(tiles, count, elements) : run_many_taps(tiles, count, elements);
    return true;
  }

  void run_four_taps(const Tiles& tiles, int64_t count, int64_t elements) {
    const auto [row_table, row_taps] = to_device(device(), few_taps_of<T, 4>(rows));
    const auto [column_table, column_taps] = to_device(device(), few_taps_of<T, 4>(columns));
    const int64_t threads = blocks_for(tiles.outputs, columns_each * 8) * 8;
    const int64_t at_once = power_of_two(std::min(elements / (tiles.width + 1), 256 / threads));
    const RowBlocks blocks = row_blocks(planes(), rows.outputs(), count, threads, at_once);
    const size_t shared = 2 * blocks.block.y * static_cast<size_t>(tiles.width + 1) * sizeof(T);
    SADDLE_LAUNCH((four_taps<T>), blocks.grid, blocks.block, shared, device(), x.data<T>(), y.data<T>(),
                  blocks, row_taps, column_taps, tiles, static_cast<int>(rows.sources()),
                  static_cast<int>(columns.sources()), static_cast<int>(columns.outputs()), fill);
  }

  void run_many_taps(const Tiles& tiles, int64_t count, int64_t elements) {
    const DeviceTaps<T> row_taps(device(), rows), column_taps(device(), columns);
    const int64_t threads =
        power_of_two(2 * std::clamp<int64_t>(std::max(tiles.width, tiles.outputs), 1, 64) - 1);
    const int64_t at_once = power_of_two(std::min(elements / tiles.width, 256 / threads));
    const RowBlocks blocks = row_blocks(planes(), rows.outputs(), count, threads, at_once, 32);
    int64_t lanes = 1;
    const int64_t most = std::min<int64_t>({threads, 32, most_taps(columns) / 2});
    while (2 * lanes <= most && lanes * tiles.outputs < threads) lanes *= 2;
    const size_t shared = 2 * blocks.block.y * static_cast<size_t>(tiles.width) * sizeof(T);
    SADDLE_LAUNCH((many_taps<T>), blocks.grid, blocks.block, shared, device(), x.data<T>(), y.data<T>(),
                  blocks, *row_taps, *column_taps, tiles, static_cast<int>(lanes), fill);
  }

  void run_scattered() {
    const DeviceTaps<T> row_taps(device(), rows), column_taps(device(), columns);
    const int64_t threads = block_for(columns.outputs());
    const RowBlocks blocks =
        row_blocks(planes(), rows.outputs(), blocks_for(columns.outputs(), threads), threads, 256 / threads);
    SADDLE_LAUNCH((scattered<T>), blocks.grid, blocks.block, 0, device(), x.data<T>(), y.data<T>(), blocks,
                  *row_taps, *column_taps, fill);
  }
};

}  // namespace

void resample2d(const Tensor& x, Tensor& y, const AxisMap& rows, const AxisMap& columns, double fill) {
  if (y.numel() == 0) return;
  constexpr int64_t long_sum = 128, piece = 32;  // taps
  if (std::max(most_taps(rows), most_taps(columns)) > long_sum) {
    const auto [row_pieces, row_sums] = in_pieces(rows, piece);
    const auto [column_pieces, column_sums] = in_pieces(columns, piece);
    Tensor part = Tensor::like(x, {x.size(0), x.size(1), row_pieces.outputs(), column_pieces.outputs()});
    resample2d(x, part, row_pieces, column_pieces, 0);
    return resample2d(part, y, row_sums, column_sums, fill);
  }
  constexpr int64_t longest = int64_t{1} << 28;  // bytes are counted in 32 bits
  for (const AxisMap* map : {&rows, &columns})
    require<Error>(std::max(map->sources(), map->outputs()) <= longest, "resample2d: an axis of ",
                   std::max(map->sources(), map->outputs()), " pixels is longer than ", longest);
  dispatch_float("resample2d", x.dtype(), [&]<class T>() {
    Call<T>{x, y, rows, columns, static_cast<T>(fill)}.run();
  });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
