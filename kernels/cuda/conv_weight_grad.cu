// conv2d_weight_grad on the GPU, for any geometry, f32 and f64: an implicit product (gemm_tile.h) of gy[o,
// (n,i,j)] with x's patches, transposed, [(n,i,j), (c,u,v)]. Its sum runs over all pixels of the batch, far
// more than there are weights, so it is split among blocks, whose parts are then added in a fixed order. Both
// operands are read along the pixels.
//
// Roofline: 2 O (I/g) kh kw N OH OW operations. L2 sees |gy| (I kh kw / tile columns) + |x| taps (O / tile
// rows) elements, mostly from L1, and the parts, each as large as the weights. Bound by arithmetic but for
// thin layers (3 channels), which are bound by reading gy.
#include "kernels/conv.h"

#include "kernels/conv_geometry.h"
#include "kernels/cuda/conv_tensor_core.h"
#include "kernels/cuda/gather_source.h"
#include "kernels/cuda/gemm_plan.h"
#include "kernels/matmul.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

/// Extents and strides in elements; those within an image fit 31 bits.
template <class T>
struct PixelProduct {
  const T* x;
  const T* gy;
  MatrixSink<T> gw;
  int pixels;  // of all images' outputs: the sum's length
  // [image][group][channel][pixel]
  int64_t x_image, x_group, gy_image, gy_group, gw_group, gw_split;
  int x_channel, gy_channel;
  int rows, columns;  // of an image of x
  int row_step, column_step, top, left, row_dilation, column_dilation;
  FastDivide output_rows, output_columns, kernel_rows, kernel_columns;
  int split_pixels;
  BlockOrder order;
};

/// One block's view: one group.
template <class T>
class PixelGather {
 public:
  using Value = T;
  static constexpr bool a_along_k = true, b_along_k = true;

  struct alignas(16) Step {
    int64_t gy,
        x;  // offsets of the output's pixel, or negative, and of what its first tap sees, which may be
    int row, column;  // outside the image
  };
  using Row = int;  // offset in gy, or negative
  struct Column {
    int offset, down, right;  // of the channel and tap
  };

  __device__ __forceinline__ PixelGather(const PixelProduct<T>& p, int64_t group)
      : p_(p), x_(p.x + group * p.x_group), gy_(p.gy + group * p.gy_group) {}

  __device__ __forceinline__ Step step(int k) const {
    const auto [above, j] = p_.output_columns.divide(static_cast<unsigned>(k));
    const auto [image, i] = p_.output_rows.divide(above);
    const int row = static_cast<int>(i) * p_.row_step - p_.top;
    const int column = static_cast<int>(j) * p_.column_step - p_.left;
    const auto pixel = static_cast<int64_t>(i * p_.output_columns.divisor() + j);
    return {image * p_.gy_image + pixel, image * p_.x_image + row * p_.columns + column, row, column};
  }
  static __device__ __forceinline__ Step no_step() { return {-1, 0, outside, outside}; }

  __device__ __forceinline__ Row row(int m) const { return m < p_.gw.rows ? m * p_.gy_channel : -1; }
  __device__ __forceinline__ Element<T> a(Row row, const Step& step) const {
    const int64_t pixel = step.gy;
    const bool inside = row >= 0 && pixel >= 0;
    return {gy_ + (inside ? row + pixel : 0), inside};
  }

  __device__ __forceinline__ Column column(int n) const {
    if (n >= p_.gw.columns) return {0, outside, outside};
    const auto [above, v] = p_.kernel_columns.divide(static_cast<unsigned>(n));
    const auto [channel, u] = p_.kernel_rows.divide(above);
    const int down = static_cast<int>(u) * p_.row_dilation, right = static_cast<int>(v) * p_.column_dilation;
    return {static_cast<int>(channel) * p_.x_channel + down * p_.columns + right, down, right};
  }
  __device__ __forceinline__ Element<T> b(const Column& column, const Step& step) const {
    const Step s = step;
    const bool inside = static_cast<unsigned>(s.row + column.down) < static_cast<unsigned>(p_.rows) &&
                        static_cast<unsigned>(s.column + column.right) < static_cast<unsigned>(p_.columns);
    return {x_ + (inside ? s.x + column.offset : 0), inside};
  }

 private:
  const PixelProduct<T>& p_;
  const T* x_;
  const T* gy_;
};

// A thread keeps offsets of up to 16 columns in registers, hence fewer blocks at once than other products.
template <class T, class Tile>
__global__ void __launch_bounds__(Tile::threads, Tile::blocks / 2 + 1)
    conv_weight_grad_kernel(const PixelProduct<T> p) {
  using Gather = PixelGather<T>;
  using Source = GatherSource<Tile, Gather>;
  GPU_SHARED(T, a, [RowPanel<T, Tile>::size]);
  GPU_SHARED(T, b, [ColumnPanel<T, Tile>::size]);
  GPU_SHARED(typename Gather::Step, steps, [Source::step_count]);
  const BlockPlace place = p.order.place(blockIdx.x);
  const Gather gather(p, place.batch);
  const int row = place.row_tile * Tile::rows, column = place.column_tile * Tile::columns;
  const int first_k = place.split * p.split_pixels, end_k = min(p.pixels, first_k + p.split_pixels);
  Source source(gather, row, column, first_k, end_k, steps);
  Fragments<T, Tile> fragments;
  sum_products<Tile>(source, (end_k - first_k + Tile::depth - 1) / Tile::depth, a, b, fragments);
  MatrixSink<T> sink = p.gw;
  sink.data += place.batch * p.gw_group + place.split * p.gw_split;
  store<Tile>(sink, row, column, fragments);
}

template <class T>
void conv2d_weight_grad_of(const ConvGeometry& g, const Tensor& x, const Tensor& gy, Tensor& gw) {
  const int64_t image_pixels = g.image_pixels(), output_pixels = g.output_pixels();
  for (const int64_t extent : {g.in * image_pixels, g.out * output_pixels})
    require<Error>(extent < most_image_elements, "conv2d_weight_grad: ", x.shape(), " and ", gy.shape(),
                   " on a GPU, where an image must have less than 2^30 elements");
  const ProductShape shape{g.out, g.in * g.taps(), g.images * output_pixels, g.groups};
  check_extents("conv2d_weight_grad", shape);
  const auto number = [](int64_t n) { return static_cast<int>(n); };
  PixelProduct<T> p{};
  p.x = x.data<T>();
  p.gy = gy.data<T>();
  p.gw = {nullptr, number(shape.m), number(shape.n), shape.n, 1, shape.n % 4 == 0};
  p.pixels = number(shape.k);
  p.x_group = g.in * image_pixels, p.x_image = g.groups * p.x_group;
  p.gy_group = g.out * output_pixels, p.gy_image = g.groups * p.gy_group;
  p.gw_group = shape.m * shape.n, p.gw_split = gw.numel();
  p.x_channel = number(image_pixels), p.gy_channel = number(output_pixels);
  p.rows = number(g.image[0]), p.columns = number(g.image[1]);
  p.row_step = number(g.stride[0]), p.column_step = number(g.stride[1]);
  p.top = number(g.padding[0]), p.left = number(g.padding[1]);
  p.row_dilation = number(g.dilation[0]), p.column_dilation = number(g.dilation[1]);
  p.output_rows = FastDivide(g.output[0]), p.output_columns = FastDivide(g.output[1]);
  p.kernel_rows = FastDivide(g.kernel[0]), p.kernel_columns = FastDivide(g.kernel[1]);
  const typename TilesOf<T>::List tiles;
  const Plan plan = make_plan(shape, tiles);
  with_splits<T>(gw, plan.splits, [&](T* result) {
    p.gw.data = result;
    with_tile(plan, tiles, [&]<class Tile>() {
      p.split_pixels = number(plan.pieces) * Tile::depth;
      p.order = BlockOrder::of<Tile>(shape, plan);
      SADDLE_LAUNCH((conv_weight_grad_kernel<T, Tile>), p.order.count, Tile::threads, 0, gw.device(), p);
    });
  });
}

}  // namespace

void conv2d_weight_grad(const Tensor& x, const Tensor& gy, Tensor& gw, Conv2dOptions options) {
  if (gw.numel() == 0 || tensor_core_conv2d_weight_grad(x, gy, gw, options)) return;
  const ConvGeometry g(x.shape(), gw.shape(), gy.shape(), options);
  if (g.is_matrix_product()) {
    Tensor gw_matrix = gw.reshape({g.out, g.in});
    return matmul(gy.reshape({g.images, g.out}), x.reshape({g.images, g.in}), gw_matrix, {.trans_a = true});
  }
  dispatch_float("conv2d_weight_grad", gw.dtype(),
                 [&]<class T>() { conv2d_weight_grad_of<T>(g, x, gy, gw); });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
