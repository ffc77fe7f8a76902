// Operands of the tensor-core kernels in their layout, sums over parts, and plans. All kernels here are bound
// by memory: 4 bytes read and 4 (tf32) or 2 (bf16) written an element of an operand, at the bandwidth of a
// copy.
#include "kernels/cuda/tensor_core.h"

#include <algorithm>
#include <iterator>

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

constexpr int threads = 256;

/// x[batch, channels, pixels] -> y[batch, pixels, padded], by tiles of 64 channels and 2^LogPixels pixels.
/// Threads read along pixels and write words along channels.
template <class Format, int LogPixels>
__global__ void __launch_bounds__(threads)
    channels_last_kernel(const float* __restrict__ x, uint32_t* __restrict__ y, int channels, int pixels,
                         int row_words, FastDivide by_pixel_tiles, FastDivide by_channel_tiles) {
  constexpr int tile_channels = 64, tile_pixels = 1 << LogPixels;
  constexpr int word_elements = Format::chunk / 4, tile_words = tile_channels / word_elements;
  GPU_SHARED(float, tile, [tile_channels][tile_pixels + 1]);
  const int t = static_cast<int>(threadIdx.x);
  const auto [row, pixel_tile] = by_pixel_tiles.divide(blockIdx.x);
  const auto [batch, channel_tile] = by_channel_tiles.divide(row);
  const int first_pixel = static_cast<int>(pixel_tile) << LogPixels;
  const int first_channel = static_cast<int>(channel_tile) * tile_channels;

  const int column = t % tile_pixels, first = t / tile_pixels, pixel = first_pixel + column;
  const float* const from = x + (static_cast<int64_t>(batch) * channels + first_channel) * pixels + pixel;
#pragma unroll
  for (int part = 0; part < tile_channels; part += threads / tile_pixels) {
    const int c = first + part;
    if (c < tile_channels)
      tile[c][column] =
          first_channel + c < channels && pixel < pixels ? from[static_cast<int64_t>(c) * pixels] : 0;
  }
  __syncthreads();

  const int word = t % tile_words, channel = word * word_elements;
  if (first_channel / word_elements + word >= row_words) return;
  uint32_t* const to = y + (static_cast<int64_t>(batch) * pixels + first_pixel) * row_words +
                       first_channel / word_elements + word;
#pragma unroll
  for (int part = 0; part < tile_pixels; part += threads / tile_words) {
    const int p = t / tile_words + part;
    if (p < tile_pixels && first_pixel + p < pixels) {
      if constexpr (word_elements == 1)
        to[p * row_words] = gpu::to_tf32(tile[channel][p]);
      else
        to[p * row_words] = gpu::pack_bf16(tile[channel][p], tile[channel + 1][p]);
    }
  }
}

/// The same where there is one pixel: x[rows, channels] -> y[rows, padded], one thread a chunk.
template <class Format>
__global__ void __launch_bounds__(threads)
    pad_rows_kernel(const float* __restrict__ x, uint4* __restrict__ y, int channels,
                    FastDivide by_row_chunks, int chunks) {
  const int i = static_cast<int>(blockIdx.x) * threads + static_cast<int>(threadIdx.x);
  if (i >= chunks) return;
  const auto [row, chunk] = by_row_chunks.divide(i);
  const int first = static_cast<int>(chunk) * Format::chunk;
  const float* const from = x + static_cast<int64_t>(row) * channels + first;
  float value[Format::chunk];
  if (channels % 4 == 0 && first + Format::chunk <= channels) {
#pragma unroll
    for (int c = 0; c < Format::chunk; c += 4) {
      const float4 four = *reinterpret_cast<const float4*>(from + c);
      value[c] = four.x;
      value[c + 1] = four.y;
      value[c + 2] = four.z;
      value[c + 3] = four.w;
    }
  } else {
#pragma unroll
    for (int c = 0; c < Format::chunk; ++c) value[c] = first + c < channels ? from[c] : 0;
  }
  if constexpr (Format::chunk == 4)
    y[i] = make_uint4(gpu::to_tf32(value[0]), gpu::to_tf32(value[1]), gpu::to_tf32(value[2]),
                      gpu::to_tf32(value[3]));
  else
    y[i] = make_uint4(gpu::pack_bf16(value[0], value[1]), gpu::pack_bf16(value[2], value[3]),
                      gpu::pack_bf16(value[4], value[5]), gpu::pack_bf16(value[6], value[7]));
}

/// One thread an element of y[batch, channels, pixels].
__global__ void __launch_bounds__(threads)
    sum_parts_kernel(const float* __restrict__ parts, float* __restrict__ y, int splits, int64_t part,
                     int channels, int pixels, int padded, FastDivide by_channels, FastDivide by_pixels,
                     int count) {
  const int i = static_cast<int>(blockIdx.x) * threads + static_cast<int>(threadIdx.x);
  if (i >= count) return;
  const int row = by_pixels.quotient(i), pixel = i - row * pixels;
  const int batch = by_channels.quotient(row), channel = row - batch * channels;
  const float* const from = parts + (static_cast<int64_t>(batch) * pixels + pixel) * padded + channel;
  float sum = from[0];
  for (int split = 1; split < splits; ++split) sum += from[split * part];
  y[i] = sum;
}

/// What a plan depends on.
struct DeviceLimits {
  int processors, shared_bytes;
};

/// The emulated device has four processors, so that small products too are cut into parts.
DeviceLimits limits_of(Device device) {
#ifdef __CUDACC__
  DeviceLimits limits{1, 0};
  cudaDeviceGetAttribute(&limits.processors, cudaDevAttrMultiProcessorCount, device.index);
  cudaDeviceGetAttribute(&limits.shared_bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device.index);
  return limits;
#else
  static_cast<void>(device);
  return {4, 163 * 1024};
#endif
}

}  // namespace

ProductPlan plan_product(int64_t rows, int64_t columns, int64_t slabs, int64_t copies, Device device) {
  // Time in units of a processor's time for one element and slab with a 128x128 tile. Smaller tiles load more
  // for each product; starting and ending a block takes as long as some slabs; parts are written and read.
  constexpr double of_slab[] = {0.8, 1.0, 1.1, 1.4, 2.0}, start = 3, of_part = 0.1;
  constexpr int64_t least_slabs = 4;

  const DeviceLimits limits = limits_of(device);
  ProductPlan best;
  double best_time = 0;
  for (int index = 0; index < static_cast<int>(std::size(of_slab)); ++index) {
    with_tile(index, [&]<class Tile>() {
      if (Tile::most_shared_bytes > limits.shared_bytes) return;
      const int64_t blocks = blocks_for(rows, Tile::rows) * blocks_for(columns, Tile::columns) * copies;
      for (int64_t splits = 1; splits <= std::clamp<int64_t>(slabs / least_slabs, 1, most_splits); ++splits) {
        const int64_t waves = blocks_for(blocks * splits, limits.processors);
        const auto slabs_each = static_cast<double>(blocks_for(slabs, splits));
        double time =
            static_cast<double>(waves * Tile::rows * Tile::columns) * of_slab[index] * (slabs_each + start);
        if (splits > 1) time += of_part * static_cast<double>(splits * copies * rows * columns);
        if (best_time == 0 || time < best_time) {
          best = {index, static_cast<int>(splits)};
          best_time = time;
        }
      }
    });
  }
  return best;
}

template <class Format>
Tensor channels_last(const Tensor& x, int64_t batch, int64_t channels, int64_t pixels) {
  const int64_t row_chunks = blocks_for(channels, Format::chunk);
  Tensor y = Tensor::empty({batch, pixels, row_chunks * Format::chunk}, Format::dtype, x.device());
  if (pixels == 1) {
    const int64_t chunks = batch * row_chunks;
    SADDLE_LAUNCH((pad_rows_kernel<Format>), dim3(static_cast<unsigned>(blocks_for(chunks, threads))),
                  threads, 0, x.device(), x.data<float>(), static_cast<uint4*>(y.raw()),
                  static_cast<int>(channels), FastDivide(row_chunks), static_cast<int>(chunks));
    return y;
  }
  const auto launch = [&]<int LogPixels>() {
    const int64_t pixel_tiles = blocks_for(pixels, int64_t{1} << LogPixels);
    const int64_t channel_tiles = blocks_for(channels, 64);
    SADDLE_LAUNCH((channels_last_kernel<Format, LogPixels>),
                  dim3(static_cast<unsigned>(batch * pixel_tiles * channel_tiles)), threads, 0, x.device(),
                  x.data<float>(), static_cast<uint32_t*>(y.raw()), static_cast<int>(channels),
                  static_cast<int>(pixels), static_cast<int>(row_chunks * 4), FastDivide(pixel_tiles),
                  FastDivide(channel_tiles));
  };
  if (pixels > 16)
    launch.template operator()<5>();
  else if (pixels > 4)
    launch.template operator()<4>();  // the taps of 3x3 and 4x4 kernels
  else
    launch.template operator()<2>();
  return y;
}

template Tensor channels_last<Tf32>(const Tensor&, int64_t, int64_t, int64_t);
template Tensor channels_last<Bf16>(const Tensor&, int64_t, int64_t, int64_t);

void sum_parts(const Tensor& parts, Tensor& y, int64_t splits, int64_t channels, int64_t pixels,
               int64_t padded) {
  const int64_t count = y.numel();
  SADDLE_LAUNCH(sum_parts_kernel, dim3(static_cast<unsigned>(blocks_for(count, threads))), threads, 0,
                y.device(), parts.data<float>(), y.data<float>(), static_cast<int>(splits),
                parts.numel() / splits, static_cast<int>(channels), static_cast<int>(pixels),
                static_cast<int>(padded), FastDivide(channels), FastDivide(pixels), static_cast<int>(count));
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
