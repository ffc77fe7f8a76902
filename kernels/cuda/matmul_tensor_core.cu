// Matrix products as what a convolution is with one tap (gather_product.cu): the columns of b are its
// positions, the rows of a its out channels.
#include "kernels/cuda/matmul_tensor_core.h"

#include "kernels/cuda/gather_product.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

/// A factor as rows of `depth` elements, one after another, padded to whole chunks.
template <class Format>
Tensor rows_of(const Tensor& x, int64_t rows, int64_t depth, bool transposed) {
  return transposed ? channels_last<Format>(x, x.numel() / (rows * depth), depth, rows)
                    : channels_last<Format>(x, x.numel() / depth, depth, 1);
}

template <class Format>
bool matmul_in(const Tensor& a, const Tensor& b, Tensor& y, MatmulOptions options) {
  const int64_t rows = y.size(y.rank() - 2), columns = y.size(y.rank() - 1);
  const int64_t depth = a.size(a.rank() - (options.trans_a ? 2 : 1));
  const int64_t products = y.numel() / (rows * columns);
  const bool a_shared = a.numel() == rows * depth, b_shared = b.numel() == depth * columns;

  // A shared b sees all rows as one matrix; a shared a sees each b as an image.
  GatherProduct p;
  p.batch = static_cast<int>(a_shared || b_shared ? 1 : products);
  p.images = static_cast<int>(b_shared ? 1 : products / p.batch);
  p.out = static_cast<int>(b_shared ? rows * products : rows);
  p.width = p.y_width = p.horizontal[0].count = static_cast<int>(columns);
  p.horizontal[0].step = 1;
  p.channels = static_cast<int>(blocks_for(depth, Format::chunk) * Format::chunk);
  if (!gather_product_suits<Format>(p)) return false;
  const Tensor source = rows_of<Format>(b, columns, depth, !options.trans_b);
  const Tensor weights = rows_of<Format>(a, rows, depth, options.trans_a);
  p.source = source.raw();
  p.weights = weights.raw();
  gather_product<Format>(p, y);
  return true;
}

}  // namespace

bool tensor_core_matmul(const Tensor& a, const Tensor& b, Tensor& y, MatmulOptions options) {
  if (precision() == Precision::fp32 || a.dtype() != DType::f32 || a.numel() == 0 || y.numel() == 0)
    return false;
  return with_format(precision(), [&]<class Format>() { return matmul_in<Format>(a, b, y, options); });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
