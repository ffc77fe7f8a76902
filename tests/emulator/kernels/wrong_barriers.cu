// Kernels whose barriers, waits and fences are missing or in the wrong place.
#include "tests/emulator/kernels/wrong.h"

namespace saddle::test {
namespace {

constexpr int threads = 64;

__device__ int thread() {
  return static_cast<int>(threadIdx.x);
}

__global__ void read_without_barrier(const float* x, float* y) {
  GPU_SHARED(float, tile, [threads]);
  tile[thread()] = 0;
  __syncthreads();
  tile[thread()] = x[thread()];                // wrong
  y[thread()] = tile[threads - 1 - thread()];  // wrong
}

__global__ void overwrite_without_barrier(const float* x, float* y) {
  GPU_SHARED(float, tile, [threads]);
  tile[thread()] = x[thread()];
  __syncthreads();
  y[thread()] = tile[threads - 1 - thread()];  // wrong
  tile[thread()] = 0;                          // wrong
}

__global__ void all_write_one(const float* x, float* y) {
  GPU_SHARED(float, value, [1]);
  value[0] = x[thread()];  // wrong
  __syncthreads();
  y[thread()] = value[0];
}

__global__ void all_write_one_global(float* y) {
  y[0] = static_cast<float>(thread());  // wrong
}

__global__ void two_barriers_in_branches(float* y) {
  if (thread() < 32) {
    __syncthreads();  // wrong
  } else {
    y[thread()] = 1;
    __syncthreads();  // wrong
  }
}

__global__ void returns_before_barrier(float* y) {
  if (thread() == 5) return;
  __syncthreads();  // wrong
  y[thread()] = 1;
}

__global__ void barrier_for_too_many() {
  if (thread() < 32) gpu::barrier_sync(1, 64);  // wrong
}

__global__ void barrier_for_two_counts() {
  gpu::barrier_sync(1, thread() < 32 ? 64 : 32);  // wrong
}

__global__ void barrier_for_half_a_warp() {
  if (thread() < 48) gpu::barrier_sync(1, 32);  // wrong
}

__global__ void blocks_update_one(float* x) {
  x[thread()] += 1;  // wrong
}

__global__ void sum_without_fence(float* y, unsigned* counter) {
  if (thread() == 0) {
    y[blockIdx.x] = 1;  // wrong
    if (atomicAdd(counter, 1u) == gridDim.x - 1)
      for (unsigned i = 1; i < gridDim.x; ++i) y[0] += y[i];  // wrong
  }
}

__global__ void reads_what_atomics_update(unsigned* counter, float* y) {
  atomicAdd(counter, 1u);                      // wrong
  y[thread()] = static_cast<float>(*counter);  // wrong
}

__global__ void reads_copy_before_wait(const float* x, float* y) {
  GPU_SHARED(float, tile, [threads]);
  gpu::cp_async<4>(&tile[thread()], x + thread());  // wrong
  gpu::cp_async_commit();
  y[thread()] = tile[thread()];  // wrong
  gpu::cp_async_wait<0>();
}

__global__ void reads_others_copy_without_barrier(const float* x, float* y) {
  GPU_SHARED(float, tile, [threads]);
  gpu::cp_async<4>(&tile[thread()], x + thread());  // wrong
  gpu::cp_async_commit();
  gpu::cp_async_wait<0>();
  y[thread()] = tile[thread() ^ 1];  // wrong
}

__global__ void waits_for_too_few_copies(const float* x, float* y) {
  GPU_SHARED(float, tile, [2][threads]);
  for (int stage = 0; stage < 2; ++stage) {
    gpu::cp_async<4>(&tile[stage][thread()], x + thread());  // wrong
    gpu::cp_async_commit();
  }
  gpu::cp_async_wait<1>();
  __syncthreads();
  y[thread()] = tile[0][thread() ^ 1] + tile[1][thread() ^ 1];  // wrong
  gpu::cp_async_wait<0>();
}

__global__ void copies_over_what_others_read(const float* x, float* y) {
  GPU_SHARED(float, tile, [threads]);
  tile[thread()] = x[thread()];
  __syncthreads();
  y[thread()] = tile[thread() ^ 1];                 // wrong
  gpu::cp_async<4>(&tile[thread()], x + thread());  // wrong
  gpu::cp_async_commit();
  gpu::cp_async_wait<0>();
}

__global__ void never_waits(const float* x) {
  GPU_SHARED(float, tile, [threads]);
  gpu::cp_async<4>(&tile[thread()], x + thread());
  gpu::cp_async_commit();
}

__global__ void waits_without_commit(const float* x, float* y) {
  GPU_SHARED(float, tile, [threads]);
  gpu::cp_async<4>(&tile[thread()], x + thread());  // wrong
  gpu::cp_async_wait<0>();
  y[thread()] = tile[thread()];  // wrong
}

}  // namespace

std::vector<WrongKernel> wrong_barriers() {
  using Arguments = const WrongArguments&;
  return {
      {"read_without_barrier",
       [](Arguments a) { GPU_LAUNCH(read_without_barrier, 1, threads, 0, nullptr, a.x, a.y); },
       {"race: ", "shared memory 'tile'", " byte ", "with no barrier in between", "wrong_barriers.cu:"}},
      {"overwrite_without_barrier",
       [](Arguments a) { GPU_LAUNCH(overwrite_without_barrier, 1, threads, 0, nullptr, a.x, a.y); },
       {"race: ", "shared memory 'tile'", "wrong_barriers.cu:", "read"}},
      {"all_write_one",
       [](Arguments a) { GPU_LAUNCH(all_write_one, 1, threads, 0, nullptr, a.x, a.y); },
       {"race: writes shared memory 'value' byte 0", "wrote at wrong_barriers.cu:"}},
      {"all_write_one_global",
       [](Arguments a) { GPU_LAUNCH(all_write_one_global, 1, threads, 0, nullptr, a.y); },
       {"race: writes 'y' byte 0", "wrote at"}},
      {"two_barriers_in_branches",
       [](Arguments a) { GPU_LAUNCH(two_barriers_in_branches, 1, threads, 0, nullptr, a.y); },
       {"divergent barrier at wrong_barriers.cu:", "waits at wrong_barriers.cu:"}},
      {"returns_before_barrier",
       [](Arguments a) { GPU_LAUNCH(returns_before_barrier, 1, threads, 0, nullptr, a.y); },
       {"divergent barrier at wrong_barriers.cu:", "thread (5,0,0) has returned"}},
      {"barrier_for_too_many",
       [](Arguments) { GPU_LAUNCH(barrier_for_too_many, 1, threads, 0, nullptr); },
       {"barrier 1 at wrong_barriers.cu:", "waits for ever: 32 of 64 threads came"}},
      {"barrier_for_two_counts",
       [](Arguments) { GPU_LAUNCH(barrier_for_two_counts, 1, threads, 0, nullptr); },
       {"barrier 1 ", "wrong_barriers.cu:"}},
      {"barrier_for_half_a_warp",
       [](Arguments) { GPU_LAUNCH(barrier_for_half_a_warp, 1, threads, 0, nullptr); },
       {"barrier 1 at wrong_barriers.cu:"}},
      {"blocks_update_one",
       [](Arguments a) { GPU_LAUNCH(blocks_update_one, 2, threads, 0, nullptr, a.x); },
       {"race: ", "'x' byte ", "block (", "blocks are not ordered"}},
      {"sum_without_fence",
       [](Arguments a) { GPU_LAUNCH(sum_without_fence, 3, threads, 0, nullptr, a.y, a.counter); },
       {"race: ", "'y' byte ", "blocks are not ordered"}},
      {"reads_what_atomics_update",
       [](Arguments a) { GPU_LAUNCH(reads_what_atomics_update, 1, threads, 0, nullptr, a.counter, a.y); },
       {"race: ", "'counter' byte 0", " atomic"}},
      {"reads_copy_before_wait",
       [](Arguments a) { GPU_LAUNCH(reads_copy_before_wait, 1, threads, 0, nullptr, a.x, a.y); },
       {"reads shared memory 'tile'", "while the cp.async of thread", "may still write it"}},
      {"reads_others_copy_without_barrier",
       [](Arguments a) { GPU_LAUNCH(reads_others_copy_without_barrier, 1, threads, 0, nullptr, a.x, a.y); },
       {"shared memory 'tile'"}},
      {"waits_for_too_few_copies",
       [](Arguments a) { GPU_LAUNCH(waits_for_too_few_copies, 1, threads, 0, nullptr, a.x, a.y); },
       {"reads shared memory 'tile'", "while the cp.async of thread"}},
      {"copies_over_what_others_read",
       [](Arguments a) { GPU_LAUNCH(copies_over_what_others_read, 1, threads, 0, nullptr, a.x, a.y); },
       {"shared memory 'tile'"}},
      {"never_waits",
       [](Arguments a) { GPU_LAUNCH(never_waits, 1, threads, 0, nullptr, a.x); },
       {"a cp.async was never waited for"}},
      {"waits_without_commit",
       [](Arguments a) { GPU_LAUNCH(waits_without_commit, 1, threads, 0, nullptr, a.x, a.y); },
       {"while the cp.async of thread"}},
  };
}

}  // namespace saddle::test
