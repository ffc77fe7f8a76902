// Matrix products on the GPU: y[b, m, n] = sum over k of op(a)[b, m, k] op(b)[b, k, n], f32 and f64.
//
// Tiles and pipeline are those of gemm_tile.h. Whether an operand is transposed only decides whether a warp
// reads it along k or along m or n, always in whole sectors. Products of few tiles and a long sum (logits of
// a discriminator, projections of a latent) are split along k; the parts are added in a fixed order.
//
// Roofline: 2 M N K operations on (M K + K N + M N) elements. Large products reach about the arithmetic
// units' rate times the efficiency of gemm_plan.h; those with one extent below 32 are bound by reading the
// large operand once.
#include "kernels/matmul.h"

#include "kernels/cuda/gemm_plan.h"
#include "kernels/cuda/matmul_tensor_core.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

/// An operand as lanes (m or n) by k.
template <class T>
struct Operand {
  const T* data;
  int64_t batch_stride;  ///< 0: the same for all
  int64_t lane_stride, k_stride;
  int lanes;
};

/// A thread's share of the pieces of an operand, which come one after another: each some elements along the
/// lanes or along k, whichever way an operand's rows do not run.
template <class T, int Lanes, int Depth, int Threads>
class OperandShare {
 public:
  __device__ __forceinline__ OperandShare(const Operand<T>& x, int64_t batch, int first_lane, int first_k,
                                          int end_k)
      : x_(x) {
    const int t = static_cast<int>(threadIdx.x);
    const bool along_k = x.k_stride == 1;
    const int lane = along_k ? t / Depth : t % Lanes, k = along_k ? t % Depth : t / Lanes;
    lane_step_ = along_k ? Threads / Depth : 0;
    k_step_ = along_k ? 0 : Threads / Lanes;
    to_ = k * pitch + lane;
    lanes_left_ = x.lanes - first_lane - lane;
    k_left_ = end_k - first_k - k;
    from_ =
        x.data + batch * x.batch_stride + (first_lane + lane) * x.lane_stride + (first_k + k) * x.k_stride;
  }

  /// Starts copying the next piece.
  __device__ __forceinline__ void copy(T* panel) {
    const int64_t jump = lane_step_ * x_.lane_stride + k_step_ * x_.k_stride;
    const T* from = from_;
    T* to = panel + to_;
#pragma unroll
    for (int j = 0; j < Lanes * Depth / Threads; ++j) {
      const bool inside = j * lane_step_ < lanes_left_ && j * k_step_ < k_left_;
      gpu::cp_async<sizeof(T)>(to, inside ? from : x_.data, inside ? sizeof(T) : 0);
      from += jump;
      to += lane_step_ + k_step_ * pitch;
    }
    from_ += Depth * x_.k_stride;
    k_left_ -= Depth;
  }

 private:
  static constexpr int pitch = Panel<T, Lanes, Depth>::pitch;
  const Operand<T>& x_;
  const T* from_;
  int to_, lanes_left_, k_left_, lane_step_, k_step_;
};

template <class T, class Tile>
struct MatrixSource {
  OperandShare<T, Tile::rows, Tile::depth, Tile::threads> a;
  OperandShare<T, Tile::columns, Tile::depth, Tile::threads> b;

  __device__ __forceinline__ void prepare(int) {}
  __device__ __forceinline__ void copy(int, T* a_panel, T* b_panel) {
    a.copy(a_panel);
    b.copy(b_panel);
  }
};

template <class T>
struct MatrixProduct {
  Operand<T> a, b;
  MatrixSink<T> y;
  int64_t y_batch, y_split;
  int k, pieces;
  BlockOrder order;
};

template <class T, class Tile>
__global__ void __launch_bounds__(Tile::threads, Tile::blocks) matmul_kernel(const MatrixProduct<T> p) {
  GPU_SHARED(T, a, [RowPanel<T, Tile>::size]);
  GPU_SHARED(T, b, [ColumnPanel<T, Tile>::size]);
  const BlockPlace place = p.order.place(blockIdx.x);
  const int row = place.row_tile * Tile::rows, column = place.column_tile * Tile::columns;
  const int first_k = place.split * p.pieces * Tile::depth,
            end_k = min(p.k, first_k + p.pieces * Tile::depth);
  MatrixSource<T, Tile> source{{p.a, place.batch, row, first_k, end_k},
                               {p.b, place.batch, column, first_k, end_k}};
  Fragments<T, Tile> fragments;
  sum_products<Tile>(source, (end_k - first_k + Tile::depth - 1) / Tile::depth, a, b, fragments);
  MatrixSink<T> sink = p.y;
  sink.data += place.batch * p.y_batch + place.split * p.y_split;
  store<Tile>(sink, row, column, fragments);
}

template <class T>
Operand<T> operand(const Tensor& x, bool k_is_last, int64_t lanes, int64_t k, int64_t batches) {
  return {.data = x.data<T>(),
          .batch_stride = x.rank() > 2 && batches > 1 ? lanes * k : 0,
          .lane_stride = k_is_last ? k : 1,
          .k_stride = k_is_last ? 1 : lanes,
          .lanes = static_cast<int>(lanes)};
}

template <class T>
void matmul_of(const Tensor& a, const Tensor& b, Tensor& y, MatmulOptions options, ProductShape shape) {
  const auto [m, n, k, batches] = shape;
  MatrixProduct<T> product{.a = operand<T>(a, !options.trans_a, m, k, batches),
                           .b = operand<T>(b, options.trans_b, n, k, batches),
                           .y = {.data = nullptr,
                                 .rows = static_cast<int>(m),
                                 .columns = static_cast<int>(n),
                                 .row_stride = n,
                                 .column_stride = 1,
                                 .vectors = n % 4 == 0},
                           .y_batch = m * n,
                           .y_split = y.numel(),
                           .k = static_cast<int>(k),
                           .pieces = 0,
                           .order = {}};
  if (m > n && n <= 16) {
    // Tall and thin: its transpose, which the tiles of few rows fit.
    std::swap(product.a, product.b);
    product.y = {nullptr, product.y.columns, product.y.rows, 1, n, false};
    std::swap(shape.m, shape.n);
  }
  const typename TilesOf<T>::List tiles;
  const Plan plan = make_plan(shape, tiles);
  product.pieces = static_cast<int>(plan.pieces);
  with_splits<T>(y, plan.splits, [&](T* result) {
    product.y.data = result;
    with_tile(plan, tiles, [&]<class Tile>() {
      product.order = BlockOrder::of<Tile>(shape, plan);
      SADDLE_LAUNCH((matmul_kernel<T, Tile>), product.order.count, Tile::threads, 0, y.device(), product);
    });
  });
}

}  // namespace

void matmul(const Tensor& a, const Tensor& b, Tensor& y, MatmulOptions options) {
  if (y.numel() == 0 || tensor_core_matmul(a, b, y, options)) return;
  ProductShape shape{.m = y.size(-2), .n = y.size(-1), .k = a.size(options.trans_a ? -2 : -1), .batches = 1};
  for (int i = 0; i + 2 < y.rank(); ++i) shape.batches *= y.size(i);
  if (b.rank() == 2 && a.rank() > 2 && !options.trans_a) {
    // One b for all: the rows of the batch are the rows of one tall product.
    shape.m *= shape.batches;
    shape.batches = 1;
  }
  check_extents("matmul", shape);
  dispatch_float("matmul", y.dtype(), [&]<class T>() { matmul_of<T>(a, b, y, options, shape); });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
