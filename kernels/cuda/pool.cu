// Max pooling of images: x[N,C,H,W] -> y[N,C,OH,OW] and where each largest pixel lies. A thread takes one
// output a row and walks down the rows; windows of 2x2 and 3x3 pixels are unrolled, so that all their loads
// are under way at once. Neighbouring windows meet in the first-level cache.
//
// Roofline: |x| + |y| elements and |index| of 8 bytes, kh kw comparisons an output. Per 32 outputs of 2x2 by
// 2: 896 bytes, 8 accesses of 128 bytes to the cache and 3 stores: bound by memory, within 10 % of a copy.
#include "kernels/pool.h"

#include "kernels/cuda/rows.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

/// One axis of the window and of the images.
struct Axis {
  int in, out, kernel, stride, padding, dilation;
};

/// The largest pixel so far: the first of equal ones, the last NaN.
template <class T>
struct Largest {
  T value = 0;
  int64_t at = -1;

  __device__ __forceinline__ void meet(T other, int64_t place) {
    if (at >= 0 && !(other > value || other != other)) return;
    value = other;
    at = place;
  }
};

/// K: pixels along both axes of the window, or 0 for those of the axes.
template <class T, int K>
__global__ void __launch_bounds__(256)
    max_pool2d_kernel(const T* __restrict__ x, T* __restrict__ y, int64_t* __restrict__ index,
                      RowBlocks blocks, Axis rows, Axis columns) {
  RowWalk walk(blocks);
  const int j = walk.tile * static_cast<int>(blockDim.x) + static_cast<int>(threadIdx.x);
  if (j >= columns.out) return;
  const int left = j * columns.stride - columns.padding;
  for (; walk.inside(); walk.next()) {
    const T* plane = x + walk.plane * rows.in * columns.in;
    const int top = walk.i * rows.stride - rows.padding;
    const auto place = [&](int u, int v) {
      return static_cast<int64_t>(top + u * rows.dilation) * columns.in + left + v * columns.dilation;
    };
    const auto within = [&](int u, int v) {
      const int row = top + u * rows.dilation, column = left + v * columns.dilation;
      return row >= 0 && row < rows.in && column >= 0 && column < columns.in;
    };
    Largest<T> best;
    if constexpr (K > 0) {
      T pixel[K][K];
#pragma unroll
      for (int u = 0; u < K; ++u)
#pragma unroll
        for (int v = 0; v < K; ++v) pixel[u][v] = within(u, v) ? plane[place(u, v)] : T{0};
#pragma unroll
      for (int u = 0; u < K; ++u)
#pragma unroll
        for (int v = 0; v < K; ++v)
          if (within(u, v)) best.meet(pixel[u][v], place(u, v));
    } else {
      for (int u = 0; u < rows.kernel; ++u)
        for (int v = 0; v < columns.kernel; ++v)
          if (within(u, v)) best.meet(plane[place(u, v)], place(u, v));
    }
    const int64_t output = walk.row * columns.out + j;
    y[output] = best.value;
    index[output] = best.at;
  }
}

}  // namespace

void max_pool2d(const Tensor& x, Tensor& y, Tensor& index, PoolWindow window) {
  if (y.numel() == 0) return;
  const auto axis = [&](int dim) {
    const auto i = static_cast<size_t>(dim - 2);
    const auto narrow = [](int64_t n) {
      require<Error>(n <= INT32_MAX / 2, "max_pool2d: an extent of ", n, " is above ", INT32_MAX / 2);
      return static_cast<int>(n);
    };
    return Axis{narrow(x.size(dim)),      narrow(y.size(dim)),       narrow(window.kernel[i]),
                narrow(window.stride[i]), narrow(window.padding[i]), narrow(window.dilation[i])};
  };
  const Axis rows = axis(2), columns = axis(3);
  const int64_t tiles = blocks_for(columns.out, 128);
  const int64_t threads = blocks_for(blocks_for(columns.out, tiles), 8) * 8;
  const auto at_once = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(256 / threads)));
  const RowBlocks blocks = row_blocks(x.size(0) * x.size(1), rows.out, tiles, threads, at_once);
  const bool square = window.kernel[0] == window.kernel[1];
  dispatch_float("max_pool2d", x.dtype(), [&]<class T>() {
    const auto launch = [&](auto kernel) {
      SADDLE_LAUNCH(kernel, blocks.grid, blocks.block, 0, x.device(), x.data<T>(), y.data<T>(),
                    index.data<int64_t>(), blocks, rows, columns);
    };
    if (square && window.kernel[0] == 2)
      launch(max_pool2d_kernel<T, 2>);
    else if (square && window.kernel[0] == 3)
      launch(max_pool2d_kernel<T, 3>);
    else
      launch(max_pool2d_kernel<T, 0>);
  });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
