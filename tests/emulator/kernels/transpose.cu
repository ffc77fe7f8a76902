// A matrix transposed through tiles of dynamic shared memory, two tiles a block.
#include "tests/emulator/kernels/right.h"

namespace saddle::test {
namespace {

constexpr int tile_size = 16;
constexpr int pitch = tile_size + 1;  // one more, so that a column lies in as many banks as it has rows

__global__ void transpose_kernel(const float* x, float* y, int rows, int columns) {
  GPU_DYNAMIC_SHARED(float, tile);
  const int tx = static_cast<int>(threadIdx.x), ty = static_cast<int>(threadIdx.y);
  const int left = static_cast<int>(blockIdx.x) * tile_size;
  for (int part = 0; part < 2; ++part) {
    const int top = (static_cast<int>(blockIdx.y) * 2 + part) * tile_size;
    if (top + ty < rows && left + tx < columns) tile[ty * pitch + tx] = x[(top + ty) * columns + left + tx];
    __syncthreads();
    if (left + ty < columns && top + tx < rows) y[(left + ty) * rows + top + tx] = tile[tx * pitch + ty];
    __syncthreads();
  }
}

}  // namespace

void transpose(const float* x, float* y, int rows, int columns, cudaStream_t stream) {
  const dim3 grid((columns + tile_size - 1) / tile_size, (rows + 2 * tile_size - 1) / (2 * tile_size));
  const size_t shared = sizeof(float) * tile_size * pitch;
  GPU_LAUNCH(transpose_kernel, grid, dim3(tile_size, tile_size), shared, stream, x, y, rows, columns);
}

}  // namespace saddle::test
