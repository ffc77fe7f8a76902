#include "kernels/gpu/emulator/ordering.h"

#include <algorithm>

namespace saddle::emulator {
namespace {

template <size_t N>
void raise(std::array<uint32_t, N>& known, const std::array<uint32_t, N>& other) {
  for (size_t i = 0; i < N; ++i) known[i] = std::max(known[i], other[i]);
}

}  // namespace

bool other_block_ordered(const Machine& m, uint32_t time) {
  if (m.acquired.empty()) return false;
  const auto next = std::upper_bound(m.block_starts.begin(), m.block_starts.end(), time);
  return m.acquired.contains(m.block_order[static_cast<size_t>(next - m.block_starts.begin()) - 1]);
}

void order_lanes(Machine& m, unsigned warp, unsigned mask) {
  Thread* const lanes = &m.threads[warp * warp_lanes];
  std::array<uint32_t, warp_lanes> lanes_known{};
  std::array<uint32_t, most_warps> warps_known{};
  for (unsigned lane = 0; lane < warp_lanes; ++lane) {
    if (!(mask >> lane & 1)) continue;
    raise(lanes_known, lanes[lane].lanes_known);
    raise(warps_known, lanes[lane].warps_known);
    lanes_known[lane] = std::max(lanes_known[lane], lanes[lane].time);
  }
  ++m.now;
  for (unsigned lane = 0; lane < warp_lanes; ++lane) {
    if (!(mask >> lane & 1)) continue;
    lanes[lane].lanes_known = lanes_known;
    lanes[lane].warps_known = warps_known;
    lanes[lane].time = m.now;
  }
}

void order_warps(Machine& m, const std::vector<Thread*>& threads) {
  std::array<uint32_t, most_warps> warps_known{};
  for (const Thread* thread : threads) {
    raise(warps_known, thread->warps_known);
    warps_known[thread->warp] = std::max(warps_known[thread->warp], thread->time);
  }
  ++m.now;
  for (Thread* thread : threads) {
    thread->warps_known = warps_known;
    thread->lanes_known.fill(warps_known[thread->warp]);  // whole warps came
    thread->time = m.now;
  }
}

}  // namespace saddle::emulator
