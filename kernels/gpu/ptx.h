// The PTX instructions that kernels use, each one inline function: assembly on the GPU, the emulator's model
// of it elsewhere. Fragment layouts are those of the PTX ISA, "Warp-level matrix instructions". Included by
// gpu.h.
//
// In a warp, lane = 4 * group + pair with group 0..7 and pair 0..3.
#pragma once

#ifdef __CUDACC__
#define GPU_HERE
#define GPU_HERE_PARAMETER
#else
// The line of the call, for the emulator's messages.
#define GPU_HERE ::saddle::emulator::Location where = ::saddle::emulator::Location::here()
#define GPU_HERE_PARAMETER , GPU_HERE
#endif

namespace saddle::gpu {

#ifdef __CUDACC__
__device__ __forceinline__ unsigned shared_address(const void* shared) {
  return static_cast<unsigned>(__cvta_generic_to_shared(shared));
}
#endif

/// The nearest tf32 (10 bits of fraction), ties away from zero, as the bits of a float.
__device__ __forceinline__ uint32_t to_tf32(float x) {
#ifdef __CUDACC__
  uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
  return bits;
#else
  return emulator::round_to_tf32(x);
#endif
}

/// Two floats rounded to bf16, to nearest even: `low` in the lower half of the word.
__device__ __forceinline__ uint32_t pack_bf16(float low, float high) {
#ifdef __CUDACC__
  uint32_t bits;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(bits) : "f"(high), "f"(low));
  return bits;
#else
  return emulator::round_to_bf16(low) | emulator::round_to_bf16(high) << 16;
#endif
}

/// d += a b over a whole warp: a 16x8, b 8x8, d 16x8; tf32 inputs, f32 sums.
/// a[i]: row group + 8 (i & 1), column pair + 4 (i >> 1). b[i]: row pair + 4 i, column group.
/// d[i]: row group + 8 (i >> 1), column 2 pair + (i & 1).
__device__ __forceinline__ void mma_m16n8k8_tf32(float (&d)[4], const uint32_t (&a)[4],
                                                 const uint32_t (&b)[2] GPU_HERE_PARAMETER) {
#ifdef __CUDACC__
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  emulator::multiply_tf32(d, a, b, where);
#endif
}

/// d += a b over a whole warp: a 16x16, b 16x8, d 16x8; bf16 inputs, two in a word, f32 sums.
/// a[i]: row group + 8 (i & 1), columns 2 pair + 8 (i >> 1) and the next. b[i]: rows 2 pair + 8 i and the
/// next, column group. d as for tf32.
__device__ __forceinline__ void mma_m16n8k16_bf16(float (&d)[4], const uint32_t (&a)[4],
                                                  const uint32_t (&b)[2] GPU_HERE_PARAMETER) {
#ifdef __CUDACC__
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
  emulator::multiply_bf16(d, a, b, where);
#endif
}

/// Loads four 8x8 matrices of 16-bit elements from shared memory. Lane l gives the address of row l % 8 of
/// matrix l / 8, aligned to 16 bytes, and receives in d[i] of matrix i: row group, columns 2 pair and the
/// next; if Transposed, column group, rows 2 pair and the next.
template <bool Transposed = false>
__device__ __forceinline__ void ldmatrix_x4(uint32_t (&d)[4], const void* row GPU_HERE_PARAMETER) {
#ifdef __CUDACC__
  if constexpr (Transposed)
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3])
                 : "r"(shared_address(row))
                 : "memory");
  else
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3])
                 : "r"(shared_address(row))
                 : "memory");
#else
  emulator::load_matrices(d, 4, Transposed, row, where);
#endif
}

/// The same for two matrices; only the addresses of lanes 0..15 count.
template <bool Transposed = false>
__device__ __forceinline__ void ldmatrix_x2(uint32_t (&d)[2], const void* row GPU_HERE_PARAMETER) {
#ifdef __CUDACC__
  if constexpr (Transposed)
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];"
                 : "=r"(d[0]), "=r"(d[1])
                 : "r"(shared_address(row))
                 : "memory");
  else
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];"
                 : "=r"(d[0]), "=r"(d[1])
                 : "r"(shared_address(row))
                 : "memory");
#else
  emulator::load_matrices(d, 2, Transposed, row, where);
#endif
}

/// Starts a copy of Bytes (4, 8 or 16) from global to shared memory, both aligned to Bytes. Only the first
/// `valid` bytes are read; zeros fill the rest. 16 bytes pass by L1.
template <int Bytes>
__device__ __forceinline__ void cp_async(void* shared, const void* global, int valid = Bytes) {
  static_assert(Bytes == 4 || Bytes == 8 || Bytes == 16);
#ifdef __CUDACC__
  if constexpr (Bytes == 16)
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;"
                 :
                 : "r"(shared_address(shared)), "l"(global), "r"(valid)
                 : "memory");
  else
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2, %3;"
                 :
                 : "r"(shared_address(shared)), "l"(global), "n"(Bytes), "r"(valid)
                 : "memory");
#else
  emulator::start_copy(shared, global, Bytes, valid);
#endif
}

/// Makes one group of the copies that this thread started since its last group.
__device__ __forceinline__ void cp_async_commit(GPU_HERE) {
#ifdef __CUDACC__
  asm volatile("cp.async.commit_group;" ::: "memory");
#else
  emulator::commit_copies(where);
#endif
}

/// Waits until at most Pending of this thread's groups are under way. Others see the data after a barrier.
template <int Pending>
__device__ __forceinline__ void cp_async_wait(GPU_HERE) {
#ifdef __CUDACC__
  asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
#else
  emulator::wait_for_copies(Pending, where);
#endif
}

/// Barrier `id` (1..15; 0 is __syncthreads) for `threads` threads of the block, whole warps.
__device__ __forceinline__ void barrier_sync(int id, int threads GPU_HERE_PARAMETER) {
#ifdef __CUDACC__
  asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
#else
  emulator::sync_named(id, threads, where);
#endif
}

}  // namespace saddle::gpu

#undef GPU_HERE_PARAMETER
#undef GPU_HERE
