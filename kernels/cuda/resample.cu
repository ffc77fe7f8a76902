// Separable linear maps of images: y[p,i,j] = sum over the taps (u, a) of rows[i] and (v, b) of columns[j] of
// a b x[p,u,v], for x[P,H,W] -> y[P,OH,OW]. Three kernels:
// - `few_taps`, at most two taps on either axis (padding, nearest and bilinear interpolation, means of 2x2, the
//   adjoints of nearest x2 and of global means): a thread keeps the taps of four columns in registers and walks
//   down the rows; the first-level cache serves what neighbours read again.
// - `many_taps`: a block combines the rows' taps for all columns that it needs into shared memory, then the
//   columns' taps from there, so R x C taps cost R + C.
// - `scattered`, where the sources of one output alone lie farther apart than shared memory is long.
// Sums of very many taps are cut into pieces, which are summed in a second pass, so that one pixel that is the
// mean of a large image has more than one thread.
//
// Roofline: |x| + |y| elements, R + C multiplications an element. Per 32 outputs of `few_taps`, C R loads and
// a store of 128 bytes take fewer cycles of the load-store unit than their bytes take of memory's (18 bytes a
// cycle and multiprocessor on an H200), so padding, nearest and bilinear x2 and means of 2x2 should be within 10 %
// of a copy. `many_taps` has barriers: 80 % of a copy for 3 or 4 taps.
#include "kernels/resample.h"

#include <cstring>

#include "kernels/cuda/rows.cuh"
#include "kernels/cuda/tables.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

/// An axis map on the device: output i has the taps [begin[i], begin[i + 1]).
template <class T>
struct Taps {
  const T* weight;
  const int *begin, *source;
  int outputs, sources;
};

template <class T>
constexpr int most_blocks = sizeof(T) == 4 ? 4 : 3;  // a multiprocessor: leaves registers enough to spill none

constexpr int columns_each = 4;  // columns of a thread of few_taps

template <class T, int K>
__global__ void __launch_bounds__(256)
    few_taps(const T* __restrict__ x, T* __restrict__ y, RowBlocks blocks, Taps<T> rows, Taps<T> columns, T fill) {
  RowWalk walk(blocks);
  const int first = walk.tile * columns_each * static_cast<int>(blockDim.x) + static_cast<int>(threadIdx.x);
  int source[columns_each][K];
  T weight[columns_each][K];  // 0 for no tap
#pragma unroll
  for (int c = 0; c < columns_each; ++c) {
    const int j = first + c * static_cast<int>(blockDim.x);
    const int begin = j < columns.outputs ? columns.begin[j] : 0;
    const int count = j < columns.outputs ? columns.begin[j + 1] - begin : 0;
#pragma unroll
    for (int k = 0; k < K; ++k) {
      source[c][k] = k < count ? columns.source[begin + k] : 0;
      weight[c][k] = k < count ? columns.weight[begin + k] : T{0};
    }
  }
  for (; walk.inside(); walk.next()) {
    const T* plane = x + walk.plane * rows.sources * columns.sources;
    const int begin = rows.begin[walk.i], count = rows.begin[walk.i + 1] - begin;
    const T* from[K];
    T row_weight[K];
#pragma unroll
    for (int r = 0; r < K; ++r) {
      from[r] = plane + (r < count ? static_cast<int64_t>(rows.source[begin + r]) * columns.sources : 0);
      row_weight[r] = r < count ? rows.weight[begin + r] : T{0};
    }
    T* to = y + walk.row * columns.outputs + first;
#pragma unroll
    for (int c = 0; c < columns_each; ++c) {
      T sum = 0;
#pragma unroll
      for (int r = 0; r < K; ++r) {
        T part = 0;
#pragma unroll
        for (int k = 0; k < K; ++k)  // what has weight 0 is not read: it may be infinite
          if (row_weight[r] != 0 && weight[c][k] != 0) part += weight[c][k] * from[r][source[c][k]];
        sum += row_weight[r] * part;
      }
      const int offset = c * static_cast<int>(blockDim.x);
      if (first + offset < columns.outputs) to[offset] = count == 0 || weight[c][0] == 0 ? fill : sum;
    }
  }
}

/// How many_taps cuts a row: a tile's outputs read columns [span[2 t], span[2 t] + span[2 t + 1]).
struct Tiles {
  const int* span;
  int outputs;  // of a tile
  int width;    // of the widest span
  int lanes;    // threads that sum one output's columns, a power of two
};

/// combined[s] = the rows' taps' sum at column first + s, for s < count.
template <class T>
__device__ __forceinline__ void combine_rows(const T* __restrict__ plane, const Taps<T>& rows, int i, int width,
                                             int count, T* combined) {
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

/// At most four taps a column: a thread keeps those of two columns in registers.
template <class T>
class KeptColumns {
 public:
  static constexpr int each = 2, most = 4;

  __device__ KeptColumns(const Taps<T>& columns, const Tiles& tiles, int tile, int begin, int count)
      : outputs_(count), first_(begin) {
    const int offset = tiles.span[2 * tile];
#pragma unroll
    for (int c = 0; c < each; ++c) {
      const int j = static_cast<int>(threadIdx.x + c * blockDim.x);
      const int tap = j < count ? columns.begin[begin + j] : 0;
      const int taps = j < count ? columns.begin[begin + j + 1] - tap : 0;
#pragma unroll
      for (int k = 0; k < most; ++k) {
        source_[c][k] = k < taps ? columns.source[tap + k] - offset : 0;
        weight_[c][k] = k < taps ? columns.weight[tap + k] : T{0};
      }
    }
  }

  /// One row of outputs from its combined rows; all of them are `fill` if it has none.
  __device__ __forceinline__ void combine(const T* combined, bool inside, bool some, T* y, T fill) const {
#pragma unroll
    for (int c = 0; c < each; ++c) {
      const int j = static_cast<int>(threadIdx.x + c * blockDim.x);
      if (!inside || j >= outputs_) continue;
      T sum = 0;
#pragma unroll
      for (int k = 0; k < most; ++k)
        if (weight_[c][k] != 0) sum += weight_[c][k] * combined[source_[c][k]];
      y[first_ + j] = some && weight_[c][0] != 0 ? sum : fill;
    }
  }

 private:
  int outputs_, first_;
  int source_[each][most];
  T weight_[each][most];
};

/// Any number of taps a column, which neighbouring lanes sum together.
template <class T>
class ReadColumns {
 public:
  __device__ ReadColumns(const Taps<T>& columns, const Tiles& tiles, int tile, int begin, int count)
      : columns_(columns), offset_(tiles.span[2 * tile]), lanes_(tiles.lanes), first_(begin), outputs_(count) {}

  __device__ __forceinline__ void combine(const T* combined, bool inside, bool some, T* y, T fill) const {
    const int lane = static_cast<int>(threadIdx.x) & (lanes_ - 1), step = static_cast<int>(blockDim.x) / lanes_;
    for (int base = 0; base < outputs_; base += step) {  // as often for all threads: they shuffle
      const int j = base + static_cast<int>(threadIdx.x) / lanes_;
      const bool own = inside && j < outputs_;
      const int begin = own ? columns_.begin[first_ + j] : 0, end = own ? columns_.begin[first_ + j + 1] : 0;
      T sum = 0;
      for (int tap = begin + lane; tap < end; tap += lanes_)
        sum += columns_.weight[tap] * combined[columns_.source[tap] - offset_];
      for (int distance = lanes_ / 2; distance > 0; distance /= 2)
        sum += __shfl_xor_sync(~0u, sum, distance);
      if (own && lane == 0) y[first_ + j] = some && begin < end ? sum : fill;
    }
  }

 private:
  const Taps<T>& columns_;
  int offset_, lanes_, first_, outputs_;
};

template <class T, class Columns>
__global__ void __launch_bounds__(256, most_blocks<T>) many_taps(const T* __restrict__ x, T* __restrict__ y, RowBlocks blocks,
                                                 Taps<T> rows, Taps<T> columns, Tiles tiles, T fill) {
  GPU_DYNAMIC_SHARED(T, shared);  // [2][blockDim.y][tiles.width]
  RowWalk walk(blocks);
  const int begin = walk.tile * tiles.outputs, count = min(tiles.outputs, columns.outputs - begin);
  const int first = tiles.span[2 * walk.tile], width = tiles.span[2 * walk.tile + 1];
  const Columns own(columns, tiles, walk.tile, begin, count);
  T* combined = shared + static_cast<int>(threadIdx.y) * tiles.width;
  int other = static_cast<int>(blockDim.y) * tiles.width;  // two halves in turn: one barrier a turn is enough
  for (; walk.more(); walk.next()) {
    const bool inside = walk.inside();
    if (inside)
      combine_rows(x + walk.plane * rows.sources * columns.sources + first, rows, walk.i, columns.sources, width,
                   combined);
    __syncthreads();
    const bool some = inside && rows.begin[walk.i] < rows.begin[walk.i + 1];
    own.combine(combined, inside, some, y + walk.row * columns.outputs, fill);
    combined += other;
    other = -other;
  }
}

template <class T>
__global__ void __launch_bounds__(256, most_blocks<T>)
    scattered(const T* __restrict__ x, T* __restrict__ y, RowBlocks blocks, Taps<T> rows, Taps<T> columns, T fill) {
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

size_t most_taps(const AxisMap& map) {
  size_t most = 0;
  for (int64_t i = 0; i < map.outputs(); ++i) most = std::max(most, map[i].size());
  return most;
}

/// A map's taps on the device, for as long as it lives.
template <class T>
class DeviceMap {
 public:
  DeviceMap(Device device, const AxisMap& map) {
    std::vector<T> weight;
    std::vector<int> begin{0}, source;
    for (int64_t i = 0; i < map.outputs(); ++i) {
      for (const AxisMap::Tap& tap : map[i]) {
        weight.push_back(static_cast<T>(tap.weight));
        source.push_back(static_cast<int>(tap.source));
      }
      begin.push_back(static_cast<int>(source.size()));
    }
    std::vector<std::byte> bytes;
    const auto append = [&](const auto& values) {
      const auto added = std::as_bytes(std::span(values));
      bytes.insert(bytes.end(), added.begin(), added.end());
    };
    append(weight);
    append(begin);
    append(source);
    table_ = device_table(device, bytes);
    const uint8_t* p = table_.data<uint8_t>();
    taps_.weight = reinterpret_cast<const T*>(p);
    taps_.begin = reinterpret_cast<const int*>(p + weight.size() * sizeof(T));
    taps_.source = taps_.begin + begin.size();
    taps_.outputs = static_cast<int>(map.outputs());
    taps_.sources = static_cast<int>(map.sources());
  }

  const Taps<T>& taps() const { return taps_; }

 private:
  Tensor table_;
  Taps<T> taps_{};
};

/// For each `outputs` outputs, the first source that they read and how many lie from there to the last.
std::vector<int> spans_of(const AxisMap& map, int64_t outputs) {
  std::vector<int> spans;
  for (int64_t begin = 0; begin < map.outputs(); begin += outputs) {
    int64_t low = map.sources(), high = 0;
    for (int64_t j = begin; j < std::min(begin + outputs, map.outputs()); ++j)
      for (const AxisMap::Tap& tap : map[j]) {
        low = std::min(low, tap.source);
        high = std::max(high, tap.source + 1);
      }
    spans.push_back(static_cast<int>(low < high ? low : 0));
    spans.push_back(static_cast<int>(std::max<int64_t>(high - low, 0)));
  }
  return spans;
}

int widest(const std::vector<int>& spans) {
  int most = 1;
  for (size_t i = 1; i < spans.size(); i += 2) most = std::max(most, spans[i]);
  return most;
}

int64_t power_of_two(int64_t at_least) {
  return static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(at_least)));
}

/// The tensors and maps of one call.
template <class T>
struct Call {
  const Tensor& x;
  Tensor& y;
  const AxisMap &rows, &columns;
  T fill;
  DeviceMap<T> device_rows, device_columns;

  Call(const Tensor& from, Tensor& to, const AxisMap& along_rows, const AxisMap& along_columns, double value)
      : x(from),
        y(to),
        rows(along_rows),
        columns(along_columns),
        fill(static_cast<T>(value)),
        device_rows(x.device(), rows),
        device_columns(x.device(), columns) {}

  int64_t planes() const { return x.size(0) * x.size(1); }

  template <int K>
  void run_few_taps() {
    const int64_t tiles = blocks_for(columns.outputs(), 512);
    const int64_t threads = blocks_for(blocks_for(columns.outputs(), tiles * columns_each), 8) * 8;
    const auto at_once = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(256 / threads)));
    const RowBlocks blocks = row_blocks(planes(), rows.outputs(), tiles, threads, at_once);
    SADDLE_LAUNCH((few_taps<T, K>), blocks.grid, blocks.block, 0, x.device(), x.data<T>(), y.data<T>(), blocks,
                  device_rows.taps(), device_columns.taps(), fill);
  }

  /// False if shared memory cannot hold the sources of one output.
  bool run_many_taps() {
    constexpr int64_t elements = 48 * 1024 / (2 * sizeof(T));
    constexpr int64_t most_threads = 64;  // along a row
    int64_t outputs = std::min(columns.outputs(), most_threads * KeptColumns<T>::each);
    std::vector<int> spans = spans_of(columns, outputs);
    while (outputs > 1 && widest(spans) > elements) spans = spans_of(columns, outputs /= 2);
    const int64_t width = widest(spans);
    if (width > elements) return false;

    const int64_t needed =
        std::max({std::min<int64_t>(width, 32), width / 4, blocks_for(outputs, KeptColumns<T>::each)});
    const int64_t threads = std::min(power_of_two(needed), most_threads);
    const auto room = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(elements / width)));
    const RowBlocks blocks = row_blocks(planes(), rows.outputs(), static_cast<int64_t>(spans.size() / 2),
                                        threads, std::min(room, 256 / threads), 32);
    const size_t shared = 2 * blocks.block.y * static_cast<size_t>(width) * sizeof(T);
    const Tensor span_table = device_table(x.device(), std::as_bytes(std::span(spans)));
    Tiles tiles{.span = reinterpret_cast<const int*>(span_table.data<uint8_t>()),
                .outputs = static_cast<int>(outputs),
                .width = static_cast<int>(width),
                .lanes = 1};
    const auto most = static_cast<int64_t>(most_taps(columns));
    while (2 * tiles.lanes <= std::min<int64_t>(threads, 32) && 4 * tiles.lanes <= most &&
           tiles.lanes * outputs < threads)
      tiles.lanes *= 2;
    const auto launch = [&](auto kernel) {
      SADDLE_LAUNCH(kernel, blocks.grid, blocks.block, shared, x.device(), x.data<T>(), y.data<T>(), blocks,
                    device_rows.taps(), device_columns.taps(), tiles, fill);
    };
    most <= KeptColumns<T>::most ? launch(many_taps<T, KeptColumns<T>>) : launch(many_taps<T, ReadColumns<T>>);
    return true;
  }

  void run_scattered() {
    const int64_t threads = block_for(columns.outputs());
    const RowBlocks blocks =
        row_blocks(planes(), rows.outputs(), blocks_for(columns.outputs(), threads), threads, 256 / threads);
    SADDLE_LAUNCH((scattered<T>), blocks.grid, blocks.block, 0, x.device(), x.data<T>(), y.data<T>(), blocks,
                  device_rows.taps(), device_columns.taps(), fill);
  }
};

constexpr size_t long_sum = 128;  // taps
constexpr size_t piece = 32;

/// A map as two: first sums of at most `piece` taps, then sums of those.
std::pair<AxisMap, AxisMap> in_pieces(const AxisMap& map) {
  AxisMap pieces(map.sources());
  std::vector<std::vector<AxisMap::Tap>> sums;
  for (int64_t i = 0; i < map.outputs(); ++i) {
    sums.emplace_back();
    for (auto taps = map[i]; !taps.empty(); taps = taps.subspan(std::min(piece, taps.size()))) {
      sums.back().push_back({pieces.outputs(), 1});
      pieces.push(taps.first(std::min(piece, taps.size())));
    }
  }
  AxisMap whole(pieces.outputs());
  for (const auto& taps : sums) whole.push(taps);
  return {pieces, whole};
}

}  // namespace

void resample2d(const Tensor& x, Tensor& y, const AxisMap& rows, const AxisMap& columns, double fill) {
  if (y.numel() == 0) return;
  const size_t taps = std::max(most_taps(rows), most_taps(columns));
  if (taps > long_sum) {
    const auto [row_pieces, row_sums] = in_pieces(rows);
    const auto [column_pieces, column_sums] = in_pieces(columns);
    Tensor part = Tensor::like(x, {x.size(0), x.size(1), row_pieces.outputs(), column_pieces.outputs()});
    resample2d(x, part, row_pieces, column_pieces, 0);
    return resample2d(part, y, row_sums, column_sums, fill);
  }
  constexpr int64_t most = INT32_MAX;
  for (const AxisMap* map : {&rows, &columns})
    require<Error>(std::max(map->sources(), map->outputs()) <= most / 2, "resample2d: an axis of ",
                   std::max(map->sources(), map->outputs()), " pixels is longer than ", most / 2);
  dispatch_float("resample2d", x.dtype(), [&]<class T>() {
    Call<T> call(x, y, rows, columns, fill);
    if (taps <= 1) return call.template run_few_taps<1>();
    if (taps == 2) return call.template run_few_taps<2>();
    if (!call.run_many_taps()) call.run_scattered();
  });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
