// Reductions on the GPU. A reduction is a plan (kernels/reduce_plan.h) of one of two kinds. Where the
// innermost axis is reduced, a team of threads takes the runs of one output, in vectors of 16 bytes. Where it
// is kept, neighbouring threads take neighbouring columns and walk down the rows. Outputs too few to fill a
// GPU are cut into pieces, whose partial results a second launch reduces in order: no atomics, and the same
// bits on every GPU.
//
// Bound by reading x once: 4 bytes an element of f32, and an addition in f64 with the conversion before it,
// which takes a third of an H100's or H200's rate at full bandwidth (16 conversions a cycle and
// multiprocessor); GPUs with a 32nd of that rate meet both bounds at about the same time. Expected: 90 % of
// the bandwidth of reading.
#include "kernels/reduce.h"

#include <algorithm>
#include <limits>

#include "kernels/cuda/block_reduce.h"
#include "kernels/reduce_plan.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

/// Each reduction gives what an element contributes, and how contributions combine, in any order.
template <class T>
struct Sum {
  using Acc = double;
  static __device__ Acc identity() { return 0; }
  static __device__ Acc of(T x, int64_t) { return static_cast<double>(x); }
  static __device__ Acc combine(Acc a, Acc b) { return a + b; }
};

template <class T>
struct Max {
  using Acc = T;
  static constexpr T lowest = -std::numeric_limits<T>::infinity();
  static __device__ Acc identity() { return lowest; }
  static __device__ Acc of(T x, int64_t) { return x; }
  static __device__ Acc combine(T a, T b) { return a >= b || a != a ? a : b; }
};

template <class T>
struct Min {
  using Acc = T;
  static constexpr T highest = std::numeric_limits<T>::infinity();
  static __device__ Acc identity() { return highest; }
  static __device__ Acc of(T x, int64_t) { return x; }
  static __device__ Acc combine(T a, T b) { return a <= b || a != a ? a : b; }
};

/// The largest element yet and its place.
template <class T>
struct Best {
  T value;
  int64_t index;

  explicit __device__ operator int64_t() const { return index; }
};

template <class T>
__device__ __forceinline__ Best<T> from_lane_xor(Best<T> a, unsigned mask) {
  const T value = __shfl_xor_sync(~0u, a.value, static_cast<int>(mask));
  const int64_t index = __shfl_xor_sync(~0u, a.index, static_cast<int>(mask));
  return {value, index};
}

template <class T>
struct ArgMax {
  using Acc = Best<T>;
  static constexpr T lowest = -std::numeric_limits<T>::infinity();
  static __device__ Acc identity() { return {lowest, INT64_MAX}; }
  static __device__ Acc of(T x, int64_t index) { return {x, index}; }
  static __device__ Acc combine(Acc a, Acc b) {
    const bool a_is_nan = a.value != a.value, b_is_nan = b.value != b.value;
    if (a_is_nan != b_is_nan) return a_is_nan ? a : b;
    if (a_is_nan || a.value == b.value) return a.index < b.index ? a : b;
    return a.value > b.value ? a : b;
  }
};

/// R over its own partial results.
template <class R>
struct Partial : R {
  static __device__ typename R::Acc of(typename R::Acc a, int64_t) { return a; }
};

/// Walks (kernels/walk.h) on the device: along one axis at most, and along any. Of a kind are at most half of
/// all axes.
struct StraightWalk {
  int64_t stride = 0;

  StraightWalk() = default;
  explicit StraightWalk(const Walk& walk) : stride(walk.rank ? walk.stride[0] : 0) {}
  __device__ __forceinline__ int64_t offset(int64_t index) const { return index * stride; }
};

struct AnyWalk {
  static constexpr int inner_axes = Shape::max_rank / 2 - 1;
  int rank = 0;
  int64_t extent[inner_axes] = {}, stride[inner_axes] = {}, outermost = 0;

  explicit AnyWalk(const Walk& walk) : rank(walk.rank), outermost(rank ? walk.stride[size_t(rank) - 1] : 0) {
    for (int i = 0; i + 1 < rank; ++i) {
      extent[i] = walk.extent[static_cast<size_t>(i)];
      stride[i] = walk.stride[static_cast<size_t>(i)];
    }
  }
  __device__ __forceinline__ int64_t offset(int64_t index) const {
    int64_t to = 0;
#pragma unroll
    for (int i = 0; i < inner_axes; ++i) {
      if (i + 1 >= rank) continue;
      const int64_t rest = index / extent[i];
      to += (index - rest * extent[i]) * stride[i];
      index = rest;
    }
    return to + index * outermost;
  }
};

/// y[o * pieces + p] = the reduction of piece p of output o.
template <class R, int V, class In, class Out, class Rows>
__global__ void __launch_bounds__(256)
    reduce_runs_kernel(const In* __restrict__ x, Out* __restrict__ y, int64_t outputs, AnyWalk output,
                       Rows rows, Pieces pieces, unsigned team) {
  using Acc = typename R::Acc;
  GPU_SHARED(Acc, scratch, [8]);
  constexpr uint32_t at_once = 4;  // loads on their way together
  const int64_t index = team_index(team), count = pieces.count();
  const bool live = index < outputs * count;
  const int64_t o = count == 1 ? index : index / count;
  const Piece piece(pieces, live ? index - o * count : 0, V);
  const In* from = x + (live ? output.offset(o) + piece.at : 0);
  const uint32_t n = live ? piece.n : 0, width = piece.width / V;
  Acc acc = R::identity();
  for (uint32_t i = team_rank(team); i < n; i += at_once * team) {
    Pack<In, V> packs[at_once] = {};
    int64_t places[at_once] = {};
#pragma unroll
    for (uint32_t u = 0; u < at_once; ++u) {
      const uint32_t j = i + u * team;
      if (j >= n) continue;
      const uint32_t row = pieces.vectors.quotient(j), column = (j - row * width) * V;
      packs[u] = load<V>(from + rows.offset(piece.row + row) + column);
      places[u] = (piece.row + row) * pieces.run + piece.at + column;
    }
#pragma unroll
    for (uint32_t u = 0; u < at_once; ++u) {
      if (i + u * team >= n) continue;
      for (int k = 0; k < V; ++k) acc = R::combine(acc, R::of(packs[u].v[k], places[u] + k));
    }
  }
  acc = team_reduce(acc, team, scratch, [](Acc a, Acc b) { return R::combine(a, b); });
  if (live && team_rank(team) == 0) y[index] = static_cast<Out>(acc);
}

/// y[(o * columns + j) * chunks + p] = the reduction of column j over chunk p of the rows.
template <class R, class In, class Out, class Rows>
__global__ void __launch_bounds__(256)
    reduce_columns_kernel(const In* __restrict__ x, Out* __restrict__ y, AnyWalk kept, Rows rows,
                          int64_t columns, int64_t row_count, uint32_t chunk, uint32_t chunks,
                          uint32_t tile) {
  using Acc = typename R::Acc;
  GPU_SHARED(Acc, scratch, [256]);
  constexpr uint32_t at_once = 8;  // loads on their way together
  const int64_t tiles = (columns + tile - 1) / tile, block = blockIdx.x / chunks, o = block / tiles;
  const uint32_t p = blockIdx.x % chunks, step = blockDim.x / tile;
  const int64_t column = (block - o * tiles) * tile + threadIdx.x % tile,
                first = static_cast<int64_t>(p) * chunk;
  const auto n =
      static_cast<uint32_t>(column < columns ? min(static_cast<int64_t>(chunk), row_count - first) : 0);
  const In* from = x + kept.offset(o) + column;
  Acc acc = R::identity();
  for (uint32_t r = threadIdx.x / tile; r < n; r += at_once * step) {
    In each[at_once] = {};
#pragma unroll
    for (uint32_t u = 0; u < at_once; ++u)
      if (r + u * step < n) each[u] = from[rows.offset(first + r + u * step)];
#pragma unroll
    for (uint32_t u = 0; u < at_once; ++u)
      if (r + u * step < n) acc = R::combine(acc, R::of(each[u], first + r + u * step));
  }
  acc = reduce_rows(acc, tile, scratch, [](Acc a, Acc b) { return R::combine(a, b); });
  if (threadIdx.x < tile && column < columns) y[(o * columns + column) * chunks + p] = static_cast<Out>(acc);
}

template <class R, int V, class In, class Out, class Rows>
void launch_runs(const In* x, Out* y, const Walk& outputs, const Rows& rows, const Pieces& pieces,
                 unsigned team, Device device) {
  const TeamGrid teams(outputs.count() * pieces.count(), team);
  SADDLE_LAUNCH((reduce_runs_kernel<R, V, In, Out, Rows>), teams.grid, teams.block, 0, device, x, y,
                outputs.count(), AnyWalk(outputs), rows, pieces, team);
}

/// Calls launch(y) if there is one piece, else launch(partial results), which it reduces.
template <class R, class Y, class Launch>
void reduce_in_pieces(Y* y, int64_t outputs, int64_t pieces, Device device, Launch launch) {
  using Acc = typename R::Acc;
  if (pieces == 1) return launch(y);
  Tensor scratch = Tensor::empty({outputs * pieces * static_cast<int64_t>(sizeof(Acc))}, DType::u8, device);
  Acc* partial = reinterpret_cast<Acc*>(scratch.data<uint8_t>());
  launch(partial);
  Walk side_by_side;
  side_by_side.push(outputs, pieces);
  launch_runs<Partial<R>, 1>(static_cast<const Acc*>(partial), y, side_by_side, StraightWalk(),
                             Pieces(1, pieces, 1, 1), team_for(pieces, 4, 256), device);
}

template <class R, class Rows, class T, class Y>
void reduce_runs(const T* x, const ReducePlan& plan, Y* y, Device device) {
  Walk outputs;
  outputs.push(plan.columns, plan.run);
  for (size_t i = 0; i < static_cast<size_t>(plan.kept.rank); ++i)
    outputs.push(plan.kept.extent[i], plan.kept.stride[i]);
  const int64_t count = outputs.count(), rows = plan.rows.count();
  const auto with_vectors = [&]<int V>() {
    const int64_t vectors = rows * plan.run / V;
    // Few a thread where the whole GPU is to be filled, many where there is enough for all.
    const int64_t each = std::clamp<int64_t>(count * vectors / (wanted_blocks * 64), 4, 16);
    const unsigned team = team_for(vectors, each, 256);
    const Pieces pieces(rows, plan.run, std::min(blocks_for(wanted_blocks, count), vectors / (256 * each)),
                        V);
    reduce_in_pieces<R>(y, count, pieces.count(), device, [&](auto* out) {
      launch_runs<R, V>(x, out, outputs, Rows(plan.rows), pieces, team, device);
    });
  };
  if (fits_widest<T>(plan.run, x))
    with_vectors.template operator()<widest<T>>();
  else
    with_vectors.template operator()<1>();
}

template <class R, class Rows, class T, class Y>
void reduce_columns(const T* x, const ReducePlan& plan, Y* y, Device device) {
  const int64_t kept = plan.kept.count(), rows = plan.rows.count();
  const ColumnBlock block(plan.columns, rows);
  const int64_t blocks = kept * block.tiles(plan.columns);
  const int64_t wanted = std::clamp<int64_t>(rows / (block.rows * 16), 1, blocks_for(wanted_blocks, blocks));
  const int64_t chunk = std::max<int64_t>(1, blocks_for(rows, wanted));
  const int64_t chunks = std::max<int64_t>(1, blocks_for(rows, chunk));
  reduce_in_pieces<R>(y, kept * plan.columns, chunks, device, [&]<class Out>(Out* out) {
    SADDLE_LAUNCH((reduce_columns_kernel<R, T, Out, Rows>), dim3(static_cast<unsigned>(blocks * chunks)),
                  block.threads(), 0, device, x, out, AnyWalk(plan.kept), Rows(plan.rows), plan.columns, rows,
                  static_cast<uint32_t>(chunk), static_cast<uint32_t>(chunks), block.columns);
  });
}

template <template <class> class R, class Y = void>
void reduce(const Tensor& x, Tensor& y, AxisMask axes) {
  if (y.numel() == 0) return;
  dispatch_float("reduce", x.dtype(), [&]<class T>() {
    using Out = std::conditional_t<std::is_void_v<Y>, T, Y>;
    const ReducePlan plan = plan_reduction(x.shape(), axes);
    const auto run = [&]<class Rows>() {
      const auto kind = plan.run == 1 ? reduce_columns<R<T>, Rows, T, Out> : reduce_runs<R<T>, Rows, T, Out>;
      kind(x.data<T>(), plan, y.data<Out>(), y.device());
    };
    if (plan.rows.rank <= 1)
      run.template operator()<StraightWalk>();
    else
      run.template operator()<AnyWalk>();
  });
}

}  // namespace

void sum(const Tensor& x, Tensor& y, AxisMask axes) {
  reduce<Sum>(x, y, axes);
}
void amax(const Tensor& x, Tensor& y, AxisMask axes) {
  reduce<Max>(x, y, axes);
}
void amin(const Tensor& x, Tensor& y, AxisMask axes) {
  reduce<Min>(x, y, axes);
}
void argmax(const Tensor& x, Tensor& y, int axis) {
  reduce<ArgMax, int64_t>(x, y, AxisMask{1} << axis);
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
