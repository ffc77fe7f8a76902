// Kernels whose warps do not do together what they must.
#include "tests/emulator/kernels/wrong.h"

namespace saddle::test {
namespace {

constexpr unsigned all_lanes = 0xffffffffu;

__device__ int thread() {
  return static_cast<int>(threadIdx.x);
}

__global__ void mask_without_itself(const float* x, float* y) {
  y[thread()] = __shfl_xor_sync(0x0000ffffu, x[thread()], 1);  // wrong
}

__global__ void mask_with_returned_lanes(const float* x, float* y) {
  if (thread() >= 16) return;
  y[thread()] = __shfl_xor_sync(all_lanes, x[thread()], 1);  // wrong
}

__global__ void mask_with_waiting_lanes(const float* x, float* y) {
  if (thread() < 16) y[thread()] = __shfl_xor_sync(all_lanes, x[thread()], 1);  // wrong
  __syncthreads();
}

__global__ void mask_past_block(const float* x, float* y) {
  y[thread()] = __shfl_down_sync(all_lanes, x[thread()], 1);  // wrong
}

__global__ void two_masks(const float* x, float* y) {
  y[thread()] = __shfl_xor_sync(thread() < 16 ? 0x0000ffffu : all_lanes, x[thread()], 1);  // wrong
}

__global__ void reads_lane_outside_mask(const float* x, float* y) {
  if (thread() < 16) y[thread()] = __shfl_sync(0x0000ffffu, x[thread()], 20);  // wrong
}

__global__ void width_not_power_of_two(const float* x, float* y) {
  y[thread()] = __shfl_down_sync(all_lanes, x[thread()], 1, 12);  // wrong
}

__global__ void two_operations(const float* x, float* y) {
  if (thread() < 16)
    y[thread()] = __shfl_xor_sync(all_lanes, x[thread()], 1);  // wrong
  else
    y[thread()] = static_cast<float>(__ballot_sync(all_lanes, x[thread()] > 0));  // wrong
}

__global__ void tree_without_syncwarp(const float* x, float* y) {
  GPU_SHARED(float, sums, [32]);
  sums[thread()] = x[thread()];
  __syncwarp();
  for (int distance = 16; distance > 0; distance /= 2)
    if (thread() < distance) sums[thread()] += sums[thread() + distance];  // wrong
  if (thread() == 0) y[0] = sums[0];
}

__global__ void shuffle_is_no_fence(const float* x, float* y) {
  GPU_SHARED(float, tile, [32]);
  tile[thread()] = x[thread()];  // wrong
  const float own = __shfl_sync(all_lanes, x[thread()], thread());
  y[thread()] = own + tile[31 - thread()];  // wrong
}

__global__ void syncwarp_of_half(const float* x, float* y) {
  GPU_SHARED(float, tile, [32]);
  tile[thread()] = x[thread()];  // wrong
  __syncwarp(thread() < 16 ? 0x0000ffffu : 0xffff0000u);
  y[thread()] = tile[31 - thread()];  // wrong
}

__global__ void syncwarp_for_block(const float* x, float* y) {
  GPU_SHARED(float, tile, [64]);
  tile[thread()] = x[thread()];  // wrong
  __syncwarp();
  y[thread()] = tile[63 - thread()];  // wrong
}

__global__ void product_of_half_a_warp(float* y) {
  float d[4] = {};
  const uint32_t a[4] = {}, b[2] = {};
  if (thread() < 16) gpu::mma_m16n8k8_tf32(d, a, b);  // wrong
  y[thread()] = d[0];
}

}  // namespace

std::vector<WrongKernel> wrong_warps() {
  using Arguments = const WrongArguments&;
  return {
      {"mask_without_itself",
       [](Arguments a) { GPU_LAUNCH(mask_without_itself, 1, 32, 0, nullptr, a.x, a.y); },
       {"wrong lane mask 0x0000ffff of a shuffle at wrong_warps.cu:", "it lacks the caller's own lane"}},
      {"mask_with_returned_lanes",
       [](Arguments a) { GPU_LAUNCH(mask_with_returned_lanes, 1, 32, 0, nullptr, a.x, a.y); },
       {"a shuffle at wrong_warps.cu:"}},
      {"mask_with_waiting_lanes",
       [](Arguments a) { GPU_LAUNCH(mask_with_waiting_lanes, 1, 32, 0, nullptr, a.x, a.y); },
       {"a shuffle at wrong_warps.cu:", "waits for ever for lanes 0xffff0000"}},
      {"mask_past_block",
       [](Arguments a) { GPU_LAUNCH(mask_past_block, 1, 20, 0, nullptr, a.x, a.y); },
       {"wrong lane mask", "the block does not have lanes 0xfff00000"}},
      {"two_masks",
       [](Arguments a) { GPU_LAUNCH(two_masks, 1, 32, 0, nullptr, a.x, a.y); },
       {"a shuffle at wrong_warps.cu:"}},
      {"reads_lane_outside_mask",
       [](Arguments a) { GPU_LAUNCH(reads_lane_outside_mask, 1, 32, 0, nullptr, a.x, a.y); },
       {"wrong lane mask 0x0000ffff of a shuffle at wrong_warps.cu:",
        "it lacks the lane that is read, "
        "20"}},
      {"width_not_power_of_two",
       [](Arguments a) { GPU_LAUNCH(width_not_power_of_two, 1, 32, 0, nullptr, a.x, a.y); },
       {"has width 12"}},
      {"two_operations",
       [](Arguments a) { GPU_LAUNCH(two_operations, 1, 32, 0, nullptr, a.x, a.y); },
       {"divergent warp: ", "a shuffle at wrong_warps.cu:", "a vote at wrong_warps.cu:"}},
      {"tree_without_syncwarp",
       [](Arguments a) { GPU_LAUNCH(tree_without_syncwarp, 1, 32, 0, nullptr, a.x, a.y); },
       {"race: ", "shared memory 'sums'", "wrong_warps.cu:"}},
      {"shuffle_is_no_fence",
       [](Arguments a) { GPU_LAUNCH(shuffle_is_no_fence, 1, 32, 0, nullptr, a.x, a.y); },
       {"race: reads shared memory 'tile'", "wrote at wrong_warps.cu:"}},
      {"syncwarp_of_half",
       [](Arguments a) { GPU_LAUNCH(syncwarp_of_half, 1, 32, 0, nullptr, a.x, a.y); },
       {"shared memory 'tile'", "wrong_warps.cu:"}},
      {"syncwarp_for_block",
       [](Arguments a) { GPU_LAUNCH(syncwarp_for_block, 1, 64, 0, nullptr, a.x, a.y); },
       {"shared memory 'tile'", "wrong_warps.cu:"}},
      {"product_of_half_a_warp",
       [](Arguments a) { GPU_LAUNCH(product_of_half_a_warp, 1, 32, 0, nullptr, a.y); },
       {"mma.m16n8k8.tf32"}},
  };
}

}  // namespace saddle::test
