// One thread an element, and a grid-stride loop over vectors.
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

}  // namespace

void vector_add(const float* a, const float* b, float* sum, int n, cudaStream_t stream) {
  GPU_LAUNCH(vector_add_kernel, (n + 63) / 64, 64, 0, stream, a, b, sum, n);
}

void scale(const float* x, float* y, float factor, int n, cudaStream_t stream) {
  GPU_LAUNCH(scale_kernel, 3, 32, 0, stream, x, y, factor, n);
}

}  // namespace saddle::test
