// The implicit product of convolution, of its input gradient, and of matrices, on tensor cores:
//   y[image, o, position] = sum over taps and channels of source[image, gathered position, channel] w[o, tap,
//   channel].
//
// A block computes a tile of positions (all images') by out channels. Its sums run over (tap, channel)
// flattened, in slabs of 128 bytes a row: 32 tf32 or 64 bf16. cp.async fills a ring of slabs, zeros included
// for what lies outside of the source; ldmatrix reads fragments, whose bytes lie alike in both formats; sums
// stay in registers and leave through shared memory, so that positions are written in runs of 32. Phases of
// strided input gradients are products of their own in one launch, with no product by a structural zero.
//
// Roofline: 2 positions out taps channels operations; each operand is read once a tile of the other side,
// from L2 for all but the first. For each byte of these reads a tile of 256x128 does 43 operations in tf32
// and 85 in bf16, one of 128x128 does 32 and 64, one of 64x64 half of that. Fragments of a 64x64 part of a
// warp take 256 cycles of shared memory where its products take 400 on an H100 (mma.sync); of a 64x32 part,
// 256 and 200.
//
// A thread's registers on sm_80 and sm_90, and a block's shared memory, both formats alike; none spills:
//   256x128: 245 240, 144 KiB    128x128: 127 127, 96 KiB      128x64: 160 128, 72 KiB
//   64x64: 95 95, 64 KiB         64x32: 122 121, 48 KiB
#include "kernels/cuda/gather_product.h"

#include <algorithm>

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

constexpr int row_bytes = 128, row_chunks = 8;

/// What one launch needs beside the product.
struct GatherLaunch {
  FastDivide by_channels;
  int column_tiles, splits;
  int64_t part;                                 ///< elements from one split's results to the next one's
  int64_t source_batch, weight_batch, y_batch;  ///< elements from one product's to the next one's
};

template <class Format, class Tile>
__global__ void __launch_bounds__(Tile::threads)
    gather_product_kernel(const GatherProduct p, const GatherLaunch q) {
  using Element = typename Format::Element;
  constexpr int slab_elements = row_bytes / static_cast<int>(sizeof(Element));
  constexpr int rows_at_once = Tile::threads / row_chunks;
  constexpr int row_parts = Tile::rows / rows_at_once, column_parts = Tile::columns / rows_at_once;
  constexpr int stage_bytes = (Tile::rows + Tile::columns) * row_bytes;
  GPU_DYNAMIC_SHARED(unsigned char, shared);
  const int t = static_cast<int>(threadIdx.x), warp = t / 32, lane = t % 32;

  const int z = static_cast<int>(blockIdx.z), phases = p.vertical_phases * p.horizontal_phases;
  const int split = z % q.splits, phase = z / q.splits % phases, batch = z / q.splits / phases;
  const GatherAxis vertical = p.vertical[phase / p.horizontal_phases];
  const GatherAxis horizontal = p.horizontal[phase % p.horizontal_phases];
  const int positions = p.images * vertical.count * horizontal.count;
  const int top = static_cast<int>(blockIdx.x) / q.column_tiles * Tile::rows;
  const int left = static_cast<int>(blockIdx.x) % q.column_tiles * Tile::columns;
  if (top >= positions) return;  // of a smaller phase than the largest

  const auto* const source = static_cast<const Element*>(p.source) + batch * q.source_batch;
  const auto* const weights = static_cast<const Element*>(p.weights) + batch * q.weight_batch;
  const int kernel = p.kernel_height * p.kernel_width * p.channels;
  const int slabs = (vertical.taps * horizontal.taps * p.channels + slab_elements - 1) / slab_elements;
  const int slab_begin = static_cast<int>(int64_t{slabs} * split / q.splits);
  const int slab_end = static_cast<int>(int64_t{slabs} * (split + 1) / q.splits);

  // Each thread copies one chunk of several rows, in all slabs the same. Rows are positions of the source
  // that tap 0 reads, which may lie outside.
  const int first_row = t / row_chunks, chunk = t % row_chunks;
  int row_offset[row_parts], row_i[row_parts], row_j[row_parts];
#pragma unroll
  for (int part = 0; part < row_parts; ++part) {
    const int position = top + first_row + part * rows_at_once;
    const int line = horizontal.by_count.quotient(position), image = vertical.by_count.quotient(line);
    const int i = (line - image * vertical.count) * vertical.step + vertical.offset;
    const int j = (position - line * horizontal.count) * horizontal.step + horizontal.offset;
    row_offset[part] = ((image * p.height + i) * p.width + j) * p.channels;
    row_i[part] = position < positions ? i : -(1 << 29);
    row_j[part] = j;
  }
  unsigned char* const my_chunk = shared + first_row * row_bytes + (chunk ^ first_row % row_chunks) * 16;

  const auto start_loading = [&](int slab, int stage) {
    if (slab < slab_end) {
      const int k = slab * slab_elements + chunk * Format::chunk;
      const int tap = q.by_channels.quotient(k), channel = k - tap * p.channels;
      const int u = horizontal.by_taps.quotient(tap), v = tap - u * horizontal.taps;
      const bool is_tap = u < vertical.taps;
      const int di = u * vertical.tap_step, dj = v * horizontal.tap_step;
      const int source_offset = (di * p.width + dj) * p.channels + channel;
      unsigned char* to = my_chunk + stage * stage_bytes;
#pragma unroll
      for (int part = 0; part < row_parts; ++part) {
        const bool inside = is_tap &&
                            static_cast<unsigned>(row_i[part] + di) < static_cast<unsigned>(p.height) &&
                            static_cast<unsigned>(row_j[part] + dj) < static_cast<unsigned>(p.width);
        gpu::cp_async<16>(to, inside ? source + (row_offset[part] + source_offset) : source, inside ? 16 : 0);
        to += rows_at_once * row_bytes;
      }
      const int kernel_tap = (vertical.kernel_first + u * vertical.kernel_step) * p.kernel_width +
                             horizontal.kernel_first + v * horizontal.kernel_step;
      const int weight_offset = kernel_tap * p.channels + channel;
#pragma unroll
      for (int part = 0; part < column_parts; ++part) {
        const int o = left + first_row + part * rows_at_once;
        const bool inside = is_tap && o < p.out;
        gpu::cp_async<16>(to, inside ? weights + (o * kernel + weight_offset) : weights, inside ? 16 : 0);
        to += rows_at_once * row_bytes;
      }
    }
    gpu::cp_async_commit();
  };

  // A warp's part of the tile: fragments of 16 rows, and of 8 columns.
  constexpr int row_fragments = Tile::warp_rows / 16, column_fragments = Tile::warp_columns / 8;
  float d[row_fragments][column_fragments][4] = {};
  const int warp_row = warp / Tile::warps_across * Tile::warp_rows;
  const int warp_column = warp % Tile::warps_across * Tile::warp_columns;
  // The lane's rows in ldmatrix: of a, 16 rows and the chunks beside each other; of b, twice 8 rows.
  const int a_row = (warp_row + lane % 16) * row_bytes, a_chunk = lane / 16;
  const int b_row = (Tile::rows + warp_column + lane / 16 * 8 + lane % 8) * row_bytes, b_chunk = lane / 8 % 2;
  const int swizzle = lane % 8;

  const auto multiply = [&](int stage) {
    const unsigned char* const slab = shared + stage * stage_bytes;
#pragma unroll
    for (int step = 0; step < row_chunks / 2; ++step) {
      uint32_t a[row_fragments][4], b[column_fragments][2];
#pragma unroll
      for (int i = 0; i < row_fragments; ++i)
        gpu::ldmatrix_x4(a[i], slab + a_row + i * 16 * row_bytes + ((2 * step + a_chunk) ^ swizzle) * 16);
#pragma unroll
      for (int j = 0; j < column_fragments; j += 2) {
        uint32_t two[4];
        gpu::ldmatrix_x4(two, slab + b_row + j * 8 * row_bytes + ((2 * step + b_chunk) ^ swizzle) * 16);
        b[j][0] = two[0];
        b[j][1] = two[1];
        b[j + 1][0] = two[2];
        b[j + 1][1] = two[3];
      }
#pragma unroll
      for (int i = 0; i < row_fragments; ++i)
#pragma unroll
        for (int j = 0; j < column_fragments; ++j) Format::multiply(d[i][j], a[i], b[j]);
    }
  };

  multiply_slabs<Tile::stages>(slab_begin, slab_end, start_loading, multiply);
  __syncthreads();  // nobody reads a slab any more: the tile of results takes its place

  constexpr int pitch = Tile::rows + 4;  // so that the four columns which a warp writes at once meet no bank
  static_assert(pitch * Tile::columns * 4 <= Tile::stages * stage_bytes);
  auto* const results = reinterpret_cast<float*>(shared);
#pragma unroll
  for (int i = 0; i < row_fragments; ++i)
#pragma unroll
    for (int j = 0; j < column_fragments; ++j)
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int row = warp_row + 16 * i + 8 * (e / 2) + lane / 4;
        const int column = warp_column + 8 * j + lane % 4 * 2 + e % 2;
        results[column * pitch + row] = d[i][j][e];
      }
  __syncthreads();

  const int64_t plane = int64_t{p.y_height} * p.y_width;
  float* const y = p.y + split * q.part + batch * q.y_batch;
#pragma unroll
  for (int row = lane; row < Tile::rows; row += 32) {
    const int position = top + row;
    if (position >= positions) continue;
    const int line = horizontal.by_count.quotient(position), image = vertical.by_count.quotient(line);
    const int i = vertical.first + (line - image * vertical.count) * vertical.stride;
    const int j = horizontal.first + (position - line * horizontal.count) * horizontal.stride;
    float* const to = y + image * p.out * plane + int64_t{i} * p.y_width + j;
    // Several columns at a time, so that reads of shared memory do not wait for one another.
    constexpr int columns_each = Tile::columns / Tile::warps, at_a_time = 8;
#pragma unroll
    for (int part = 0; part < columns_each; part += at_a_time) {
      float sums[at_a_time];
#pragma unroll
      for (int c = 0; c < at_a_time; ++c) sums[c] = results[(warp + (part + c) * Tile::warps) * pitch + row];
#pragma unroll
      for (int c = 0; c < at_a_time; ++c)
        if (const int o = left + warp + (part + c) * Tile::warps; o < p.out) to[o * plane] = sums[c];
    }
  }
}

/// Positions of the largest phase.
int64_t most_positions(const GatherProduct& p) {
  int64_t rows = 0, columns = 0;
  for (int i = 0; i < p.vertical_phases; ++i) rows = std::max<int64_t>(rows, p.vertical[i].count);
  for (int i = 0; i < p.horizontal_phases; ++i) columns = std::max<int64_t>(columns, p.horizontal[i].count);
  return p.images * rows * columns;
}

}  // namespace

template <class Format>
bool gather_product_suits(const GatherProduct& p) {
  // A row of positions costs the same for any number of channels up to a tile's 32; fewer are for other
  // kernels.
  constexpr int64_t least_rows = 16, least_columns = 3, least_depth = 16;
  constexpr int64_t most_copies = 65535 / most_splits;  // in the grid's z
  const int64_t weights = int64_t{p.out} * p.kernel_height * p.kernel_width * p.channels;
  const int64_t source = int64_t{p.images} * p.height * p.width * p.channels;
  const int64_t results = int64_t{p.images} * p.out * p.y_height * p.y_width;
  const int64_t depth = int64_t{p.kernel_height} * p.kernel_width * p.channels;
  const int64_t copies = int64_t{p.vertical_phases} * p.horizontal_phases * p.batch;
  return std::max({weights, source, results}) * p.batch <= most_elements && copies <= most_copies &&
         most_positions(p) >= least_rows && p.out >= least_columns && depth >= least_depth && source > 0;
}

template <class Format>
void gather_product(GatherProduct p, Tensor& y) {
  constexpr int64_t slab = row_bytes / sizeof(typename Format::Element);
  for (int i = 0; i < p.vertical_phases; ++i) p.vertical[i].prepare();
  for (int i = 0; i < p.horizontal_phases; ++i) p.horizontal[i].prepare();
  int64_t taps = 0;  // of the phase that has most
  for (int i = 0; i < p.vertical_phases; ++i)
    for (int j = 0; j < p.horizontal_phases; ++j)
      taps = std::max(taps, int64_t{p.vertical[i].taps} * p.horizontal[j].taps);
  const int64_t positions = most_positions(p),
                copies = int64_t{p.vertical_phases} * p.horizontal_phases * p.batch;
  const ProductPlan plan =
      plan_product(positions, p.out, blocks_for(taps * p.channels, slab), copies, y.device());

  Tensor parts;
  if (plan.splits > 1) {
    parts = Tensor::empty({plan.splits, y.numel()}, DType::f32, y.device());
    p.y = parts.data<float>();
  } else {
    p.y = y.data<float>();
  }
  GatherLaunch q{.by_channels = FastDivide(p.channels),
                 .column_tiles = 1,
                 .splits = plan.splits,
                 .part = y.numel(),
                 .source_batch = int64_t{p.images} * p.height * p.width * p.channels,
                 .weight_batch = int64_t{p.out} * p.kernel_height * p.kernel_width * p.channels,
                 .y_batch = int64_t{p.images} * p.out * p.y_height * p.y_width};
  with_tile(plan.tile, [&]<class Tile>() {
    constexpr size_t shared_bytes = size_t{Tile::stages} * (Tile::rows + Tile::columns) * row_bytes;
    q.column_tiles = static_cast<int>(blocks_for(p.out, Tile::columns));
    const dim3 grid(static_cast<unsigned>(blocks_for(positions, Tile::rows) * q.column_tiles), 1,
                    static_cast<unsigned>(copies * plan.splits));
    SADDLE_LAUNCH((gather_product_kernel<Format, Tile>), grid, Tile::threads, shared_bytes, y.device(), p, q);
  });
  if (plan.splits > 1) sum_parts(parts, y, plan.splits, 1, 1, 1);
}

template bool gather_product_suits<Tf32>(const GatherProduct&);
template bool gather_product_suits<Bf16>(const GatherProduct&);
template void gather_product<Tf32>(GatherProduct, Tensor&);
template void gather_product<Bf16>(GatherProduct, Tensor&);

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
