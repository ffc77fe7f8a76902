// Weight gradient on tensor cores:
//   gw[o, c, tap] = sum over pixels (of all images' outputs) of gy[pixel, o] x[where the tap reads for the
//   pixel, c].
//
// A block computes a tile of out channels by columns (tap, channel), over its part of the pixels, in slabs
// of 32. Both operands lie channels last, so a pixel's channels are a row of the slab, and sums run across
// rows: fragments of bf16 come by transposing ldmatrix; those of tf32 by 16-byte loads, each of which gives
// four rows or columns of the products that are renumbered for it. Parts are then added in a fixed order: no
// atomics.
//
// Roofline: 2 out columns pixels operations; operands are read once a tile of the other side, mostly from L2;
// parts are written and read once, 8 bytes a weight and part.
//
// A thread's registers on sm_80 and sm_90, and a block's shared memory; none spills:
//          256x128          128x128         128x64          64x64         64x32
//   tf32   220 237, 144 KiB   154 156, 96 KiB   156 159, 72 KiB   94 94, 64 KiB   91 92, 48 KiB
//   bf16   222 225, 72 KiB    126 126, 48 KiB   125 124, 36 KiB   78 77, 32 KiB   94 93, 24 KiB
#include <algorithm>

#include "kernels/conv_geometry.h"
#include "kernels/cuda/conv_tensor_core.h"
#include "kernels/cuda/tensor_core.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

constexpr int slab_pixels = 32;

/// Extents; `in` and `out` are padded channels.
struct WeightGradient {
  int pixels, out, written_out;  ///< written_out: channels without padding
  int height, width, in;         ///< of the image
  int columns, kernel_width;     ///< columns = taps in
  int stride[2], padding[2], dilation[2];
  int output_width, output_height;
  FastDivide by_in, by_kernel_width, by_output_width, by_output_height;
  int column_tiles, slabs;
};

/// How Extent channels of a slab's rows lie in shared memory, and which of their chunks a thread copies.
template <class Format, int Extent, int Threads>
struct SlabLayout {
  static constexpr int row_bytes = Extent * static_cast<int>(sizeof(typename Format::Element));
  static constexpr int chunks = row_bytes / 16, lanes = chunks < 8 ? chunks : 8;
  static constexpr int rows_at_once = Threads / lanes, row_parts = slab_pixels / rows_at_once;
  static constexpr int chunk_parts = chunks / lanes;
  static constexpr int bytes = slab_pixels * row_bytes;
  static_assert(rows_at_once <= slab_pixels);

  /// Where a chunk lies. A warp's fragments of tf32 take chunks 2 q and 2 q + 1 of four rows at once, those
  /// of bf16 the same chunk of eight.
  static __device__ __forceinline__ int offset(int row, int chunk) {
    const int permuted = Format::chunk == 4 ? chunk ^ (row & 3) << 1
                         : chunks >= 8      ? chunk ^ (row & 7)
                                            : chunk ^ (row >> 1 & 3);
    return row * row_bytes + permuted * 16;
  }
};

/// Fragments of one multiplication for the warp's part of a slab, its rows (a) and columns (b). Format tells
/// how results are numbered: row_of(i, half) and column_of(j, e) of fragment i, j.
template <class Format>
struct Fragments;

/// Four consecutive rows (columns) of a lane come by one load, so a lane's share of 32 of them is renumbered.
template <>
struct Fragments<Tf32> {
  template <class Layout, int Count>
  static __device__ __forceinline__ void load_a(uint32_t (&a)[Count][4], const unsigned char* slab, int first,
                                                int step, int lane) {
#pragma unroll
    for (int block = 0; block < Count / 2; ++block)
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int pixel = step * Tf32::depth + lane % 4 + 4 * half, chunk = first / 4 + block * 8 + lane / 4;
        const uint4 four = *reinterpret_cast<const uint4*>(slab + Layout::offset(pixel, chunk));
        a[2 * block][2 * half] = four.x;
        a[2 * block][2 * half + 1] = four.y;
        a[2 * block + 1][2 * half] = four.z;
        a[2 * block + 1][2 * half + 1] = four.w;
      }
  }
  template <class Layout, int Count>
  static __device__ __forceinline__ void load_b(uint32_t (&b)[Count][2], const unsigned char* slab, int first,
                                                int step, int lane) {
#pragma unroll
    for (int block = 0; block < Count / 4; ++block)
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int pixel = step * Tf32::depth + lane % 4 + 4 * half, chunk = first / 4 + block * 8 + lane / 4;
        const uint4 four = *reinterpret_cast<const uint4*>(slab + Layout::offset(pixel, chunk));
        b[4 * block][half] = four.x;
        b[4 * block + 1][half] = four.y;
        b[4 * block + 2][half] = four.z;
        b[4 * block + 3][half] = four.w;
      }
  }
  static __device__ __forceinline__ int row_of(int i, int half, int lane) {
    return i / 2 * 32 + lane / 4 * 4 + i % 2 * 2 + half;
  }
  /// d[4 block .. 4 block + 3][e] are neighbours.
  template <int Count>
  static __device__ __forceinline__ void store(const float (&d)[Count][4], int half, float* to, int room,
                                               int lane) {
#pragma unroll
    for (int block = 0; block < Count / 4; ++block)
#pragma unroll
      for (int e = 0; e < 2; ++e) {
        const int column = block * 32 + (lane % 4 * 2 + e) * 4, part = 2 * half + e;
        if (column < room)
          *reinterpret_cast<float4*>(to + column) = make_float4(
              d[4 * block][part], d[4 * block + 1][part], d[4 * block + 2][part], d[4 * block + 3][part]);
      }
  }
};

template <>
struct Fragments<Bf16> {
  template <class Layout, int Count>
  static __device__ __forceinline__ void load_a(uint32_t (&a)[Count][4], const unsigned char* slab, int first,
                                                int step, int lane) {
    const int pixel = step * Bf16::depth + lane / 16 * 8 + lane % 8;
#pragma unroll
    for (int i = 0; i < Count; ++i)
      gpu::ldmatrix_x4<true>(a[i], slab + Layout::offset(pixel, first / 8 + 2 * i + lane / 8 % 2));
  }
  template <class Layout, int Count>
  static __device__ __forceinline__ void load_b(uint32_t (&b)[Count][2], const unsigned char* slab, int first,
                                                int step, int lane) {
    const int pixel = step * Bf16::depth + lane % 16;
#pragma unroll
    for (int j = 0; j < Count; j += 2) {
      uint32_t two[4];
      gpu::ldmatrix_x4<true>(two, slab + Layout::offset(pixel, first / 8 + j + lane / 16));
      b[j][0] = two[0];
      b[j][1] = two[1];
      b[j + 1][0] = two[2];
      b[j + 1][1] = two[3];
    }
  }
  static __device__ __forceinline__ int row_of(int i, int half, int lane) {
    return i * 16 + half * 8 + lane / 4;
  }
  template <int Count>
  static __device__ __forceinline__ void store(const float (&d)[Count][4], int half, float* to, int room,
                                               int lane) {
#pragma unroll
    for (int j = 0; j < Count; ++j) {
      const int column = j * 8 + lane % 4 * 2;
      if (column < room)
        *reinterpret_cast<float2*>(to + column) = make_float2(d[j][2 * half], d[j][2 * half + 1]);
    }
  }
};

/// gy[pixels, out], x[image, height, width, in] -> parts[gridDim.y, written_out, columns].
template <class Format, class Tile>
__global__ void __launch_bounds__(Tile::threads)
    weight_gradient_kernel(const typename Format::Element* __restrict__ gy,
                           const typename Format::Element* __restrict__ x, float* __restrict__ parts,
                           const WeightGradient p) {
  using RowLayout = SlabLayout<Format, Tile::rows, Tile::threads>;
  using ColumnLayout = SlabLayout<Format, Tile::columns, Tile::threads>;
  constexpr int stage_bytes = RowLayout::bytes + ColumnLayout::bytes;
  GPU_DYNAMIC_SHARED(unsigned char, shared);
  const int t = static_cast<int>(threadIdx.x), warp = t / 32, lane = t % 32;
  const int split = static_cast<int>(blockIdx.y), splits = static_cast<int>(gridDim.y);
  const int top = static_cast<int>(blockIdx.x) / p.column_tiles * Tile::rows;
  const int left = static_cast<int>(blockIdx.x) % p.column_tiles * Tile::columns;
  const int slab_begin = static_cast<int>(int64_t{p.slabs} * split / splits);
  const int slab_end = static_cast<int>(int64_t{p.slabs} * (split + 1) / splits);

  // The thread's columns are the same in all slabs: their taps' distance from tap 0.
  int column_i[ColumnLayout::chunk_parts], column_j[ColumnLayout::chunk_parts];
  int column_offset[ColumnLayout::chunk_parts];
#pragma unroll
  for (int part = 0; part < ColumnLayout::chunk_parts; ++part) {
    const int column = left + (t % ColumnLayout::lanes + part * ColumnLayout::lanes) * Format::chunk;
    const int tap = p.by_in.quotient(column), u = p.by_kernel_width.quotient(tap);
    column_i[part] = column < p.columns ? u * p.dilation[0] : 1 << 29;
    column_j[part] = (tap - u * p.kernel_width) * p.dilation[1];
    column_offset[part] = (u * p.dilation[0] * p.width + column_j[part]) * p.in + column - tap * p.in;
  }

  const auto start_loading = [&](int slab, int stage) {
    if (slab < slab_end) {
      unsigned char* const rows = shared + stage * stage_bytes;
      unsigned char* const columns = rows + RowLayout::bytes;
#pragma unroll
      for (int part = 0; part < RowLayout::row_parts; ++part) {
        const int row = t / RowLayout::lanes + part * RowLayout::rows_at_once,
                  pixel = slab * slab_pixels + row;
#pragma unroll
        for (int i = 0; i < RowLayout::chunk_parts; ++i) {
          const int chunk = t % RowLayout::lanes + i * RowLayout::lanes, o = top + chunk * Format::chunk;
          const bool inside = pixel < p.pixels && o < p.out;
          gpu::cp_async<16>(rows + RowLayout::offset(row, chunk), inside ? gy + (pixel * p.out + o) : gy,
                            inside ? 16 : 0);
        }
      }
#pragma unroll
      for (int part = 0; part < ColumnLayout::row_parts; ++part) {
        const int row = t / ColumnLayout::lanes + part * ColumnLayout::rows_at_once;
        const int pixel = slab * slab_pixels + row;
        const int line = p.by_output_width.quotient(pixel), image = p.by_output_height.quotient(line);
        const int i = (line - image * p.output_height) * p.stride[0] - p.padding[0];
        const int j = (pixel - line * p.output_width) * p.stride[1] - p.padding[1];
        const int from = ((image * p.height + i) * p.width + j) * p.in;
#pragma unroll
        for (int c = 0; c < ColumnLayout::chunk_parts; ++c) {
          const int chunk = t % ColumnLayout::lanes + c * ColumnLayout::lanes;
          const bool inside = pixel < p.pixels &&
                              static_cast<unsigned>(i + column_i[c]) < static_cast<unsigned>(p.height) &&
                              static_cast<unsigned>(j + column_j[c]) < static_cast<unsigned>(p.width);
          gpu::cp_async<16>(columns + ColumnLayout::offset(row, chunk),
                            inside ? x + (from + column_offset[c]) : x, inside ? 16 : 0);
        }
      }
    }
    gpu::cp_async_commit();
  };

  constexpr int row_fragments = Tile::warp_rows / 16, column_fragments = Tile::warp_columns / 8;
  float d[row_fragments][column_fragments][4] = {};
  const int warp_row = warp / Tile::warps_across * Tile::warp_rows;
  const int warp_column = warp % Tile::warps_across * Tile::warp_columns;

  const auto multiply = [&](int stage) {
    const unsigned char* const rows = shared + stage * stage_bytes;
    const unsigned char* const columns = rows + RowLayout::bytes;
#pragma unroll
    for (int step = 0; step < slab_pixels / Format::depth; ++step) {
      uint32_t a[row_fragments][4], b[column_fragments][2];
      Fragments<Format>::template load_a<RowLayout>(a, rows, warp_row, step, lane);
      Fragments<Format>::template load_b<ColumnLayout>(b, columns, warp_column, step, lane);
#pragma unroll
      for (int i = 0; i < row_fragments; ++i)
#pragma unroll
        for (int j = 0; j < column_fragments; ++j) Format::multiply(d[i][j], a[i], b[j]);
    }
  };
  multiply_slabs<Tile::stages>(slab_begin, slab_end, start_loading, multiply);

  const int64_t first = left + warp_column;
#pragma unroll
  for (int i = 0; i < row_fragments; ++i)
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int o = top + warp_row + Fragments<Format>::row_of(i, half, lane);
      if (o < p.written_out)
        Fragments<Format>::store(d[i], half, parts + (int64_t{split} * p.written_out + o) * p.columns + first,
                                 p.columns - static_cast<int>(first), lane);
    }
}

template <class Format>
bool weight_gradient(const Tensor& x, const Tensor& gy, Tensor& gw, const ConvGeometry& g) {
  constexpr int64_t least_out = 3, least_columns = 16, least_pixels = 16;
  const int64_t in = blocks_for(g.in, Format::chunk) * Format::chunk;
  const int64_t out = blocks_for(g.out, Format::chunk) * Format::chunk;
  const int64_t pixels = g.images * g.output_pixels(), columns = g.taps() * in;
  if (g.out < least_out || columns < least_columns || pixels < least_pixels ||
      std::max({pixels * out, g.images * g.image_pixels() * in, g.out * columns}) > most_elements)
    return false;

  const Tensor last_x = channels_last<Format>(x, g.images, g.in, g.image_pixels());
  const Tensor last_gy = channels_last<Format>(gy, g.images, g.out, g.output_pixels());
  WeightGradient p{.pixels = static_cast<int>(pixels),
                   .out = static_cast<int>(out),
                   .written_out = static_cast<int>(g.out),
                   .height = static_cast<int>(g.image[0]),
                   .width = static_cast<int>(g.image[1]),
                   .in = static_cast<int>(in),
                   .columns = static_cast<int>(columns),
                   .kernel_width = static_cast<int>(g.kernel[1]),
                   .stride = {static_cast<int>(g.stride[0]), static_cast<int>(g.stride[1])},
                   .padding = {static_cast<int>(g.padding[0]), static_cast<int>(g.padding[1])},
                   .dilation = {static_cast<int>(g.dilation[0]), static_cast<int>(g.dilation[1])},
                   .output_width = static_cast<int>(g.output[1]),
                   .output_height = static_cast<int>(g.output[0]),
                   .by_in = FastDivide(in),
                   .by_kernel_width = FastDivide(g.kernel[1]),
                   .by_output_width = FastDivide(g.output[1]),
                   .by_output_height = FastDivide(g.output[0]),
                   .column_tiles = 1,
                   .slabs = static_cast<int>(blocks_for(pixels, slab_pixels))};
  const ProductPlan plan = plan_product(g.out, columns, p.slabs, 1, x.device());
  const auto splits = static_cast<unsigned>(plan.splits);
  Tensor parts = Tensor::empty({plan.splits, g.out, columns}, DType::f32, x.device());
  with_tile(plan.tile, [&]<class Tile>() {
    constexpr size_t shared_bytes =
        size_t{Tile::stages} * (SlabLayout<Format, Tile::rows, Tile::threads>::bytes +
                                SlabLayout<Format, Tile::columns, Tile::threads>::bytes);
    p.column_tiles = static_cast<int>(blocks_for(columns, Tile::columns));
    const dim3 grid(static_cast<unsigned>(blocks_for(g.out, Tile::rows) * p.column_tiles), splits);
    using Element = typename Format::Element;
    SADDLE_LAUNCH((weight_gradient_kernel<Format, Tile>), grid, Tile::threads, shared_bytes, x.device(),
                  static_cast<const Element*>(last_gy.raw()), static_cast<const Element*>(last_x.raw()),
                  parts.data<float>(), p);
  });
  sum_parts(parts, gw, plan.splits, g.in, g.taps(), in);
  return true;
}

}  // namespace

bool tensor_core_conv2d_weight_grad(const Tensor& x, const Tensor& gy, Tensor& gw,
                                    const Conv2dOptions& options) {
  if (precision() == Precision::fp32 || x.dtype() != DType::f32 || options.groups != 1 || gw.numel() == 0 ||
      gy.numel() == 0)
    return false;
  const ConvGeometry g(x.shape(), gw.shape(), gy.shape(), options);
  return with_format(precision(), [&]<class Format>() { return weight_gradient<Format>(x, gy, gw, g); });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
