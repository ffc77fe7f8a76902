// conv2d and conv2d_input_grad on the GPU, for any geometry, f32 and f64: implicit products (gemm_tile.h) of
//   forward          w[o, (c,u,v)] with x's patches [(c,u,v), (n,i,j)]
//   input gradient   w[c, (o,u,v)] with gy's patches [(o,u,v), (n,i,j)], over the positions (i,j) of one
//   phase:
//                    those with the same remainder modulo the stride, which are read through the same taps
// so both are one kernel, which gathers along axes of pixels and taps (gather_axis.h). No
// product with a zero between the outputs of a strided layer is formed, nor with taps that see only padding.
// All phases run in one launch, next to each other, since they read the same pixels and write to the same
// lines.
//
// Roofline: 2 M N K operations, with the extents above; each block reads its operands once, so L2 sees
// |w| (pixels / tile columns) + |x| taps (channels / tile rows) elements, mostly from L1. Bound by arithmetic
// but for layers of few channels: 3 to 64 channels, 4x4 taps, are bound by writing y.
#include "kernels/conv.h"

#include "kernels/cuda/conv_tensor_core.h"
#include "kernels/cuda/gather_axis.h"
#include "kernels/cuda/gather_source.h"
#include "kernels/cuda/gemm_plan.h"
#include "kernels/matmul.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

constexpr int most_phases = 8;  // of an axis in one launch

/// What blocks share. Extents and strides in elements; those within an image or the weights fit 31 bits.
template <class T>
struct PatchProduct {
  const T* weights;
  const T* source;
  T* result;
  int rows, channels, images;
  // weights: [group][row][channel][tap], in any order of row and channel
  int64_t weight_group;
  int weight_row, weight_channel, kernel_width;
  // source: [image][group][channel][pixel]
  int64_t source_image, source_group;
  int source_channel, source_rows, source_columns;
  // result: [image][group][row][pixel]
  int64_t result_image, result_group, result_split;
  int result_row, result_columns;
  bool vectors;
  int split_k;  // of the sum over k
  BlockOrder order;
  FastDivide across;  // phases of the horizontal axis
  GatherAxis vertical[most_phases], horizontal[most_phases];
};

/// One block's view: one group, one phase.
template <class T>
class PatchGather {
 public:
  using Value = T;
  static constexpr bool a_along_k = true, b_along_k = false;

  struct alignas(16) Step {
    int weight, source;  // offsets
    int down, right;     // of the tap, from the pixel
  };
  using Row = int;  // offset in the weights, or negative
  struct Column {
    const T* image;
    int offset, row, column;  // of the first tap's pixel
  };

  __device__ __forceinline__ PatchGather(const PatchProduct<T>& p, const BlockPlace& place)
      : p_(p),
        vertical_(p.vertical[p.across.divide(static_cast<unsigned>(place.phase)).quotient]),
        horizontal_(p.horizontal[p.across.divide(static_cast<unsigned>(place.phase)).remainder]),
        weights_(p.weights + place.batch * p.weight_group),
        source_(p.source + place.batch * p.source_group),
        result_(p.result + place.batch * p.result_group + place.split * p.result_split) {}

  __device__ __forceinline__ int rows() const { return p_.rows; }
  __device__ __forceinline__ int columns() const { return p_.images * vertical_.count * horizontal_.count; }
  __device__ __forceinline__ int depth() const { return p_.channels * vertical_.taps * horizontal_.taps; }

  __device__ __forceinline__ Step step(int k) const {
    const auto [above, right] = horizontal_.by_taps.divide(static_cast<unsigned>(k));
    const auto [channel, down] = vertical_.by_taps.divide(above);
    const int c = static_cast<int>(channel), u = static_cast<int>(down), v = static_cast<int>(right);
    Step s;
    s.down = vertical_.offset + u * vertical_.tap_step;
    s.right = horizontal_.offset + v * horizontal_.tap_step;
    s.source = c * p_.source_channel + s.down * p_.source_columns + s.right;
    s.weight = c * p_.weight_channel +
               (vertical_.kernel_first + u * vertical_.kernel_step) * p_.kernel_width +
               horizontal_.kernel_first + v * horizontal_.kernel_step;
    return s;
  }
  static __device__ __forceinline__ Step no_step() { return {-1, 0, outside, outside}; }

  __device__ __forceinline__ Row row(int m) const { return m < p_.rows ? m * p_.weight_row : -1; }
  __device__ __forceinline__ Element<T> a(Row row, const Step& step) const {
    const int k = step.weight;
    const bool inside = (row | k) >= 0;
    return {weights_ + (inside ? row + k : 0), inside};
  }

  __device__ __forceinline__ Column column(int n) const {
    if (n >= columns()) return {source_, 0, outside, outside};
    const auto [image, i, j] = pixel(n);
    const int row = i * vertical_.step, column = j * horizontal_.step;
    return {source_ + image * p_.source_image, row * p_.source_columns + column, row, column};
  }
  __device__ __forceinline__ Element<T> b(const Column& column, const Step& step) const {
    const Step s = step;
    const bool inside =
        static_cast<unsigned>(column.row + s.down) < static_cast<unsigned>(p_.source_rows) &&
        static_cast<unsigned>(column.column + s.right) < static_cast<unsigned>(p_.source_columns);
    return {column.image + (inside ? column.offset + s.source : 0), inside};
  }

  /// The sink.
  struct Pixels {
    const PatchGather& gather;
    int rows, columns;
    int64_t row_stride;
    bool vectors;
    __device__ __forceinline__ T* at(int n) const { return gather.result_at(n); }
  };
  __device__ __forceinline__ Pixels sink() const {
    return {*this, p_.rows, columns(), p_.result_row, p_.vectors};
  }

 private:
  struct Pixel {
    int64_t image;
    int i, j;
  };
  __device__ __forceinline__ Pixel pixel(int n) const {
    const auto [above, j] = horizontal_.by_count.divide(static_cast<unsigned>(n));
    const auto [image, i] = vertical_.by_count.divide(above);
    return {static_cast<int64_t>(image), static_cast<int>(i), static_cast<int>(j)};
  }
  __device__ __forceinline__ T* result_at(int n) const {
    const auto [image, i, j] = pixel(n);
    return result_ + image * p_.result_image + (vertical_.first + i * vertical_.stride) * p_.result_columns +
           horizontal_.first + j * horizontal_.stride;
  }

  const PatchProduct<T>& p_;
  const GatherAxis &vertical_, &horizontal_;
  const T* weights_;
  const T* source_;
  T* result_;
};

template <class T, class Tile>
__global__ void __launch_bounds__(Tile::threads, Tile::blocks) conv_kernel(const PatchProduct<T> p) {
  using Gather = PatchGather<T>;
  using Source = GatherSource<Tile, Gather>;
  GPU_SHARED(T, a, [RowPanel<T, Tile>::size]);
  GPU_SHARED(T, b, [ColumnPanel<T, Tile>::size]);
  GPU_SHARED(typename Gather::Step, steps, [Source::step_count]);
  const BlockPlace place = p.order.place(blockIdx.x);
  const Gather gather(p, place);
  const int row = place.row_tile * Tile::rows, column = place.column_tile * Tile::columns;
  if (column >= gather.columns()) return;  // a phase smaller than others
  const int first_k = place.split * p.split_k, end_k = min(gather.depth(), first_k + p.split_k);
  Source source(gather, row, column, first_k, end_k, steps);
  Fragments<T, Tile> fragments;
  sum_products<Tile>(source, (end_k - first_k + Tile::depth - 1) / Tile::depth, a, b, fragments);
  store<Tile>(gather.sink(), row, column, fragments);
}

/// Launches `down` by `across` phases, whose axes `product` holds; they make up all of y, or `part` of it.
template <class T>
void launch_phases(PatchProduct<T>& product, int64_t groups, int64_t down, int64_t across, bool part,
                   Tensor& y) {
  ProductShape largest{product.rows, 0, 0, groups};
  for (int64_t i = 0; i < down; ++i)
    for (int64_t j = 0; j < across; ++j) {
      const GatherAxis &v = product.vertical[i], &h = product.horizontal[j];
      largest.n = std::max(largest.n, int64_t{product.images} * v.count * h.count);
      largest.k = std::max(largest.k, int64_t{product.channels} * v.taps * h.taps);
    }
  check_extents("conv2d", largest);
  const typename TilesOf<T>::List tiles;
  const Plan plan = make_plan(largest, tiles, down * across, !part);
  product.across = FastDivide(across);
  for (int64_t i = 0; i < down; ++i) product.vertical[i].prepare();
  for (int64_t j = 0; j < across; ++j) product.horizontal[j].prepare();
  with_splits<T>(y, plan.splits, [&](T* result) {
    product.result = result;
    with_tile(plan, tiles, [&]<class Tile>() {
      product.split_k = static_cast<int>(plan.pieces) * Tile::depth;
      product.order = BlockOrder::of<Tile>(largest, plan, down * across);
      SADDLE_LAUNCH((conv_kernel<T, Tile>), product.order.count, Tile::threads, 0, y.device(), product);
    });
  });
}

/// What forward and input gradient have in common: y is made of the patches of `source`.
template <class T>
PatchProduct<T> patch_product(const ConvGeometry& g, const Tensor& source, const Tensor& w, const Tensor& y,
                              bool forward) {
  const auto &from = forward ? g.image : g.output, &to = forward ? g.output : g.image;
  const int64_t rows = forward ? g.out : g.in, channels = forward ? g.in : g.out;
  const int64_t source_pixels = from[0] * from[1], result_pixels = to[0] * to[1];
  for (const int64_t extent : {channels * source_pixels, rows * result_pixels, g.in * g.out * g.taps()})
    require<Error>(extent < most_image_elements, "conv2d: ", source.shape(), " and ", w.shape(),
                   " on a GPU, where an image and the weights must have less than 2^30 elements each");
  const auto number = [](int64_t n) { return static_cast<int>(n); };
  PatchProduct<T> p{};
  p.weights = w.data<T>();
  p.source = source.data<T>();
  p.rows = number(rows), p.channels = number(channels), p.images = number(g.images);
  p.weight_group = g.in * g.out * g.taps();
  p.weight_row = number(forward ? g.in * g.taps() : g.taps());
  p.weight_channel = number(forward ? g.taps() : g.in * g.taps());
  p.kernel_width = number(g.kernel[1]);
  p.source_group = channels * source_pixels, p.source_image = g.groups * p.source_group;
  p.source_channel = number(source_pixels), p.source_rows = number(from[0]),
  p.source_columns = number(from[1]);
  p.result_group = rows * result_pixels, p.result_image = g.groups * p.result_group,
  p.result_split = y.numel();
  p.result_row = number(result_pixels), p.result_columns = number(to[1]);
  const bool side_by_side = forward || (g.stride[0] == 1 && g.stride[1] == 1);
  p.vectors = side_by_side && result_pixels % 4 == 0;
  return p;
}

}  // namespace

void conv2d(const Tensor& x, const Tensor& w, Tensor& y, Conv2dOptions options) {
  if (y.numel() == 0 || tensor_core_conv2d(x, w, y, options)) return;
  const ConvGeometry g(x.shape(), w.shape(), y.shape(), options);
  if (g.is_matrix_product()) {
    Tensor y_matrix = y.reshape({g.images, g.out});
    return matmul(x.reshape({g.images, g.in}), w.reshape({g.out, g.in}), y_matrix, {.trans_b = true});
  }
  dispatch_float("conv2d", y.dtype(), [&]<class T>() {
    PatchProduct<T> product = patch_product<T>(g, x, w, y, true);
    product.vertical[0] = forward_axis(g, 0);
    product.horizontal[0] = forward_axis(g, 1);
    launch_phases(product, g.groups, 1, 1, false, y);
  });
}

void conv2d_input_grad(const Tensor& gy, const Tensor& w, Tensor& gx, Conv2dOptions options) {
  if (gx.numel() == 0 || tensor_core_conv2d_input_grad(gy, w, gx, options)) return;
  const ConvGeometry g(gx.shape(), w.shape(), gy.shape(), options);
  if (g.is_matrix_product()) {
    Tensor gx_matrix = gx.reshape({g.images, g.in});
    return matmul(gy.reshape({g.images, g.out}), w.reshape({g.out, g.in}), gx_matrix, {});
  }
  dispatch_float("conv2d_input_grad", gx.dtype(), [&]<class T>() {
    PatchProduct<T> product = patch_product<T>(g, gy, w, gx, false);
    const int64_t down = std::min(g.stride[0], g.image[0]), across = std::min(g.stride[1], g.image[1]);
    for (int64_t i = 0; i < down; i += most_phases)
      for (int64_t j = 0; j < across; j += most_phases) {
        const int64_t rows = std::min<int64_t>(most_phases, down - i),
                      columns = std::min<int64_t>(most_phases, across - j);
        for (int64_t r = 0; r < rows; ++r) product.vertical[r] = gradient_axis(g, 0, i + r);
        for (int64_t c = 0; c < columns; ++c) product.horizontal[c] = gradient_axis(g, 1, j + c);
        launch_phases(product, g.groups, rows, columns, rows < down || columns < across, gx);
      }
  });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
