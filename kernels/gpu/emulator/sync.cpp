// Named barriers, fences and atomics.
#include <algorithm>
#include <cstring>

#include "kernels/gpu/emulator/ordering.h"

namespace saddle::emulator {
namespace {

bool waits_at(const Thread& thread, int id) {
  return thread.state == State::at_named_barrier && thread.barrier == id;
}

/// All threads have come: they are ordered, and go on.
void open_named(Machine& m, int id, Location where) {
  for (unsigned first = 0; first < m.thread_count; first += warp_lanes) {
    const unsigned last = std::min(first + warp_lanes, m.thread_count);
    unsigned lanes = 0;
    for (unsigned i = first; i < last; ++i) lanes += waits_at(m.threads[i], id);
    if (lanes != 0 && lanes != last - first)
      fail([&] {
        return concat("divergent barrier ", id, " at ", describe(where), ": ", lanes, " lanes of a warp of ",
                      last - first, " came");
      });
  }
  std::vector<Thread*> came;
  for (unsigned i = 0; i < m.thread_count; ++i)
    if (waits_at(m.threads[i], id)) came.push_back(&m.threads[i]);
  for (Thread* thread : came) thread->state = State::ready;
  order_warps(m, came);
}

}  // namespace

void sync_named(int id, int threads, Location where) {
  const InEmulator here;
  if (left_out(where)) return;
  Machine& m = machine();
  if (id < 1 || id >= static_cast<int>(m.named_barriers.size()) || threads < 1 || threads % warp_lanes != 0 ||
      threads > static_cast<int>(m.thread_count))
    fail([&] {
      return concat("barrier ", id, " for ", threads, " threads at ", describe(where),
                    ": the id must be 1 to 15, the count whole warps of the block");
    });
  NamedBarrier& barrier = m.named_barriers[static_cast<size_t>(id)];
  if (barrier.arrived > 0 && barrier.expected != threads)
    fail([&] {
      return concat("barrier ", id, " for ", threads, " threads at ", describe(where), " is for ",
                    barrier.expected, " at ", describe(barrier.where));
    });
  barrier = {threads, barrier.arrived + 1, where};
  current->barrier = id;
  if (barrier.arrived < threads) {
    wait(State::at_named_barrier, where);
    return;
  }
  barrier.arrived = 0;
  current->state = State::at_named_barrier;  // one of those that came
  open_named(m, id, where);
}

void begin_atomic(void* address, void* value, size_t bytes) {
  const InEmulator here;
  check_alignment(address, bytes, "an atomic", __builtin_return_address(0));
  check_access(address, bytes, Access::atomic, __builtin_return_address(0));
  std::memcpy(value, address, bytes);
  if (!current->fenced) return;
  Machine& m = machine();
  auto& blocks = m.released[reinterpret_cast<uintptr_t>(address)];
  blocks.insert(m.block_number());
  m.acquired.insert(blocks.begin(), blocks.end());
}

void end_atomic(void* address, const void* value, size_t bytes) {
  std::memcpy(address, value, bytes);
}

void thread_fence(Location where) {
  if (left_out(where)) return;
  current->fenced = true;
}

}  // namespace saddle::emulator
