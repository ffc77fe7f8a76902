// One thread an element, a grid-stride loop over vectors, and bytes that share a word.
#include "tests/emulator/kernels/right.h"

namespace saddle::test {
namespace {

__global__ void vector_add_kernel(const float* a, const float* b, float* sum, int n) {
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) sum[i] = a[i] + b[i];
}

__global__ void scale_kernel(const float* x, float* y, float factor, int n) {
  const int first = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  const int stride = static_cast<int>(gridDim.x * blockDim.x);
  for (int i = first; i < n / 4; i += stride) {
    const float4 v = reinterpret_cast<const float4*>(x)[i];
    reinterpret_cast<float4*>(y)[i] = make_float4(factor * v.x, factor * v.y, factor * v.z, factor * v.w);
  }
  for (int i = n / 4 * 4 + first; i < n; i += stride) y[i] = factor * x[i];
}

__global__ void pack_bytes_kernel(const uint8_t* x, uint8_t* bytes, uint32_t* y) {
  GPU_SHARED(uint8_t, tile, [64]);
  const int t = static_cast<int>(threadIdx.x), i = static_cast<int>(blockIdx.x) * 64 + t;
  tile[t] = x[i];
  __syncthreads();
  bytes[i] = tile[t ^ 1];
  __syncthreads();
  if (t >= 16) return;
  const uint32_t swapped = reinterpret_cast<const uint32_t*>(bytes)[static_cast<int>(blockIdx.x) * 16 + t];
  const uint32_t word = reinterpret_cast<const uint32_t*>(tile)[t];
  y[static_cast<int>(blockIdx.x) * 16 + t] =
      word == ((swapped & 0x00ff00ffu) << 8 | (swapped >> 8 & 0x00ff00ffu)) ? word : 0;
}

}  // namespace

void vector_add(const float* a, const float* b, float* sum, int n, cudaStream_t stream) {
  GPU_LAUNCH(vector_add_kernel, (n + 63) / 64, 64, 0, stream, a, b, sum, n);
}

void scale(const float* x, float* y, float factor, int n, cudaStream_t stream) {
  GPU_LAUNCH(scale_kernel, 3, 32, 0, stream, x, y, factor, n);
}

void pack_bytes(const uint8_t* x, uint8_t* bytes, uint32_t* y, int n, cudaStream_t stream) {
  GPU_LAUNCH(pack_bytes_kernel, n / 64, 64, 0, stream, x, bytes, y);
}

}  // namespace saddle::test
