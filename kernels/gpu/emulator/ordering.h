// Which of two accesses comes before the other: the memory model of CUDA as far as barriers make it.
//
// An access is ordered before another if a thread did both, or if a chain of barriers that their threads
// passed lies between: __syncthreads orders all of a block, __syncwarp the lanes of its mask, a named barrier
// the warps that came. Shuffles, votes and mma order no memory. Blocks are not ordered, except that an atomic
// access after a
// __threadfence passes on what its block did to those blocks that access the same variable later, also after
// a fence. (Passes on for the whole block, which is more than CUDA grants to one thread's fence.)
#pragma once
#include <bit>

#include "kernels/gpu/emulator/machine.h"

namespace saddle::emulator {

/// Whether what was done at `time` by another block, if it was, comes before what this block does now.
bool other_block_ordered(const Machine& m, uint32_t time);

/// Whether what warp `warp` or its lanes `lanes` did at `time` comes before what `thread` does now.
inline bool lanes_ordered(const Thread& thread, unsigned warp, unsigned lanes, uint32_t time) {
  if (warp != thread.warp) return thread.warps_known[warp] >= time;
  for (unsigned others = lanes & ~(1u << thread.lane); others; others &= others - 1)
    if (thread.lanes_known[static_cast<size_t>(std::countr_zero(others))] < time) return false;
  return true;
}

inline bool ordered(const Machine& m, const Thread& thread, unsigned warp, unsigned lanes, uint32_t time) {
  if (time < m.block_start) return time < m.kernel_start || other_block_ordered(m, time);
  return time < m.last_barrier || lanes_ordered(thread, warp, lanes, time);
}

/// The lanes of `mask` in `warp` have passed __syncwarp: each knows what any of them knew and did.
void order_lanes(Machine& m, unsigned warp, unsigned mask);
/// The warps of these threads have passed a named barrier.
void order_warps(Machine& m, const std::vector<Thread*>& threads);

}  // namespace saddle::emulator
