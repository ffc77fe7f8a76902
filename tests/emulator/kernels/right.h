// The right kernels of the emulator's tests, each by the function that starts it. Pointers are to memory of
// the device.
#pragma once
#include <cstdint>

#include "kernels/gpu/gpu.h"

namespace saddle::test {

// vector.cu
void vector_add(const float* a, const float* b, float* sum, int n, cudaStream_t stream);
/// y = factor x in a grid-stride loop over float4, with a tail; x and y aligned to 16 bytes.
void scale(const float* x, float* y, float factor, int n, cudaStream_t stream);

/// y[i]: bytes 4 i .. 4 i + 3, put into shared and global memory by a thread each; n a multiple of 64.
void pack_bytes(const uint8_t* x, uint8_t* bytes, uint32_t* y, int n, cudaStream_t stream);

// reduce.cu
/// *sum = sum of x, in one launch: the block that ends last adds up the blocks' sums. `partial` holds
/// sum_blocks floats; *blocks_done is 0 before and after.
constexpr int sum_blocks = 5;
void sum(const float* x, float* partial, unsigned* blocks_done, float* sum, int n, cudaStream_t stream);
/// counts[k] += how many of x are k, for k < histogram_bins.
constexpr int histogram_bins = 16;
void histogram(const int* x, int* counts, int n, cudaStream_t stream);

// transpose.cu
/// y[columns, rows] = x[rows, columns] transposed.
void transpose(const float* x, float* y, int rows, int columns, cudaStream_t stream);

// warp.cu: blocks of 64 threads over n a multiple of 64.
/// Inclusive sums within each 8 elements.
void scan8(const int* x, int* y, int n, cudaStream_t stream);
/// y: the positive elements of each 32 moved to their front; counts: how many there are.
void compact32(const int* x, int* y, int* counts, int n, cudaStream_t stream);
/// y[0..3] of each 64: sum, least, greatest, exclusive or, over those lanes of the first 32 whose x is odd.
void reduce_odd(const int* x, int* y, int n, cudaStream_t stream);
/// y: the sum of each 32, by a tree in shared memory with __syncwarp.
void warp_tree(const int* x, int* y, int n, cudaStream_t stream);
/// y: each half of a 128-element block reversed, by a named barrier for each half; counts[block]: how many
/// are odd.
void reverse_halves(const int* x, int* y, int* counts, int n, cudaStream_t stream);

/// y = x passed from warp to warp by a chain of named barriers, and within each by part of its lanes; n a
/// multiple of 96.
void pass_on(const int* x, int* y, int n, cudaStream_t stream);

// gemm.cu
/// c[m, n] = a[m, k] b[k, n].
void gemm(const float* a, const float* b, float* c, int m, int n, int k, cudaStream_t stream);

// mma.cu
/// The same on tensor cores; n and k multiples of 4.
void gemm_tf32(const float* a, const float* b, float* c, int m, int n, int k, cudaStream_t stream);
void gemm_bf16(const float* a, const float* b, float* c, int m, int n, int k, cudaStream_t stream);
/// One warp: what each ldmatrix gives from four 8x8 matrices of 16-bit x, one after another.
/// y[12, 32]: x4, x4 transposed, x2, x2 transposed, register by register.
void load_fragments(const uint16_t* x, uint32_t* y, cudaStream_t stream);

}  // namespace saddle::test
