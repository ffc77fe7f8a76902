// Runs kernels: blocks one after another, the threads of a block in turns, barriers between them.
#include <algorithm>
#include <numeric>

#include "kernels/gpu/emulator/machine.h"

namespace saddle::emulator {

thread_local constinit Thread* current = nullptr;

namespace {

thread_local Options thread_options;

constexpr uint32_t late = 1u << 31;  // when time is set back, so that it never runs out within a kernel

void end_thread() {
  current->state = State::returned;
  Fiber::switch_between(current->fiber, machine().host, Fiber::Leave::for_good);
}

void begin_thread() {
  Machine& m = machine();
  Fiber::entered(m.host);
  current->in_emulator = false;
  m.call->run(m.call->call);
  current->in_emulator = true;
  if (!current->copies.empty()) fail([] { return "a cp.async was never waited for"; });
  end_thread();
}

/// The thread's turn.
void resume(Machine& m, Thread& thread) {
  if (!thread.stack) {
    thread.stack = m.stacks.take();
    thread.fiber.prepare(thread.stack, begin_thread);
  }
  current = &thread;
  Fiber::switch_between(m.host, thread.fiber);
  current = nullptr;
  if (!m.fault.empty()) throw Fault(m.fault);
  if (thread.state == State::returned) {
    m.warps[thread.warp].returned |= 1u << thread.lane;
    m.stacks.give(thread.stack);
    thread.stack = nullptr;
    --m.unfinished;
  }
}

bool run_warp(Machine& m, unsigned warp) {
  bool ran = false;
  for (bool again = true; again;) {
    again = false;
    for (const unsigned lane : m.lane_order) {
      const unsigned number = warp * warp_lanes + lane;
      if (number >= m.thread_count || m.threads[number].state != State::ready) continue;
      resume(m, m.threads[number]);
      again = ran = true;
    }
  }
  return ran;
}

/// Fills `order` with 0 .. count - 1 as the options say.
template <class T>
void set_order(Machine& m, std::vector<T>& order, T count) {
  order.resize(count);
  std::iota(order.begin(), order.end(), T{0});
  if (m.options.order == Order::reverse) std::reverse(order.begin(), order.end());
  if (m.options.order == Order::random)
    for (T i = count; i > 1; --i) std::swap(order[i - 1], order[m.random() % i]);
}

void start_block(Machine& m, uint64_t number) {
  const dim3 grid = m.call->grid, size = m.call->block;
  m.block_index = {static_cast<unsigned>(number % grid.x), static_cast<unsigned>(number / grid.x % grid.y),
                   static_cast<unsigned>(number / grid.x / grid.y)};
  m.block_start = m.last_barrier = ++m.now;
  m.block_starts.push_back(m.block_start);
  m.acquired.clear();
  m.named_barriers.fill({});
  m.unfinished = m.thread_count;
  m.warps.fill({});
  for (unsigned i = 0; i < m.thread_count; ++i) {
    Thread& thread = m.threads[i];
    thread.number = i;
    thread.lane = i % warp_lanes;
    thread.warp = i / warp_lanes;
    thread.index = {i % size.x, i / size.x % size.y, i / size.x / size.y};
    m.warps[thread.warp].lanes |= 1u << thread.lane;
    thread.state = State::ready;
    thread.in_emulator = true;
    thread.fenced = false;
    thread.copy_group = 0;
    thread.time = m.now;
  }
  set_order(m, m.warp_order, m.warp_count());
  set_order(m, m.lane_order, warp_lanes);
}

std::string fault_text(const Machine& m, const std::string& what, const Thread& thread) {
  return concat(m.call->name, ": ", what, ": ", describe_block(m.block_number()), " ",
                describe_thread(thread.number));
}

/// Barriers are told apart by their lines.
bool same_barrier(const Thread& a, const Thread& b) {
  return a.where.line == b.where.line && a.reduction == b.reduction;
}

[[noreturn]] void fail_waiting(const Machine& m, const Thread& thread, const std::string& what) {
  throw Fault(fault_text(m, what, thread));
}

/// No thread can go on, and it is not that all wait at one barrier: says why.
[[noreturn]] void fail_stuck(const Machine& m) {
  const auto end = m.threads.begin() + m.thread_count;
  const auto first_in = [&](State state) {
    return std::find_if(m.threads.begin(), end, [&](const Thread& t) { return t.state == state; });
  };
  if (const auto t = first_in(State::at_warp_operation); t != end) {
    unsigned missing = 0;
    for (unsigned lane = 0; lane < warp_lanes; ++lane) {
      const Thread& other = m.threads[t->warp * warp_lanes + lane];
      const bool came = other.state == State::at_warp_operation && other.mask == t->mask;
      if ((t->mask >> lane & 1) && !came) missing |= 1u << lane;
    }
    fail_waiting(m, *t,
                 concat(t->operation->name, " at ", describe(t->where), " for ", describe_mask(t->mask),
                        " waits for ever for lanes ", describe_mask(missing)));
  }
  if (const auto t = first_in(State::at_named_barrier); t != end) {
    const NamedBarrier& barrier = m.named_barriers[static_cast<size_t>(t->barrier)];
    fail_waiting(m, *t,
                 concat("barrier ", t->barrier, " at ", describe(t->where),
                        " waits for ever: ", barrier.arrived, " of ", barrier.expected, " threads came"));
  }
  const Thread& first = *first_in(State::at_barrier);
  const std::string divergent = concat("divergent barrier at ", describe(first.where), ": ");
  if (const auto t = first_in(State::returned); t != end)
    fail_waiting(m, first, concat(divergent, describe_thread(t->number), " has returned"));
  const auto elsewhere =
      std::find_if(m.threads.begin(), end, [&](const Thread& t) { return !same_barrier(t, first); });
  fail_waiting(
      m, first,
      concat(divergent, describe_thread(elsewhere->number), " waits at ", describe(elsewhere->where)));
}

/// No thread can go on. Lets them pass the barrier that all wait at.
void open_barrier(Machine& m) {
  const auto end = m.threads.begin() + m.thread_count;
  int count = 0;
  for (auto t = m.threads.begin(); t != end; ++t) {
    if (t->state != State::at_barrier || !same_barrier(*t, m.threads[0])) fail_stuck(m);
    count += t->predicate != 0;
  }
  const Reduction reduction = m.threads[0].reduction;
  const int result = reduction == Reduction::any   ? count != 0
                     : reduction == Reduction::all ? count == static_cast<int>(m.thread_count)
                                                   : count;
  m.last_barrier = ++m.now;
  for (auto t = m.threads.begin(); t != end; ++t) {
    t->state = State::ready;
    t->time = m.now;
    t->result = result;
  }
  if (m.options.order == Order::random) {
    set_order(m, m.warp_order, m.warp_count());
    set_order(m, m.lane_order, warp_lanes);
  }
}

void run_block(Machine& m, uint64_t number) {
  start_block(m, number);
  while (true) {
    for (bool ran = true; ran;) {
      ran = false;
      for (const unsigned warp : m.warp_order) ran |= run_warp(m, warp);
    }
    if (m.unfinished == 0) return;
    open_barrier(m);
  }
}

void check_launch(const KernelCall& call, const Options& limits) {
  const dim3 grid = call.grid, block = call.block;
  const auto sizes = [](dim3 d) { return concat("(", d.x, ",", d.y, ",", d.z, ")"); };
  const uint64_t threads = uint64_t{block.x} * block.y * block.z;
  require<Fault>(threads >= 1 && threads <= most_threads && block.z <= 64, call.name, ": block ",
                 sizes(block), " must have 1 to 1024 threads and at most 64 in z");
  require<Fault>(
      grid.x >= 1 && grid.y >= 1 && grid.z >= 1 && grid.x <= 0x7fffffff && grid.y <= 65535 && grid.z <= 65535,
      call.name, ": grid ", sizes(grid), " must have 1 to 2^31-1, 65535, 65535 blocks");
  require<Fault>(call.dynamic_shared <= limits.all_shared, call.name, ": ", call.dynamic_shared,
                 " bytes of dynamic shared memory, of at most ", limits.all_shared);
}

/// Gives back what the last block holds, when a fault left it in the middle.
void abandon_block(Machine& m) {
  for (Thread& thread : m.threads) {
    if (thread.stack) m.stacks.give(thread.stack);
    thread.stack = nullptr;
    thread.copies.clear();
  }
}

}  // namespace

Options& options() {
  return thread_options;
}

uint64_t Machine::random() {  // splitmix64
  uint64_t z = (random_state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

void run_kernel(const KernelCall& call) {
  if (current) fail([&] { return concat("starts the kernel ", call.name, " from a kernel"); });
  check_launch(call, thread_options);
  Machine& m = machine();
  const std::lock_guard lock(m.in_use);
  m.call = &call;
  m.options = thread_options;
  m.random_state = m.options.seed;
  m.fault.clear();
  m.thread_count = call.block.x * call.block.y * call.block.z;
  if (m.threads.size() < m.thread_count) m.threads = std::vector<Thread>(m.thread_count);
  if (m.now > late) {
    m.memory.forget_marks();
    m.now = 0;
    for (Thread& thread : m.threads) thread.lanes_known = thread.warps_known = {};
  }
  m.kernel_start = m.now + 1;
  m.block_starts.clear();
  m.released.clear();
  start_shared_memory();
  struct End {
    Machine& m;
    ~End() {
      abandon_block(m);
      end_shared_memory();
    }
  } const end{m};
  set_order(m, m.block_order, uint64_t{call.grid.x} * call.grid.y * call.grid.z);
  for (const uint64_t block : m.block_order) run_block(m, block);
}

void wait(State state, Location where) {
  Thread& thread = *current;
  thread.state = state;
  thread.where = where;
  Fiber::switch_between(thread.fiber, machine().host);
}

void end_kernel(const std::string& what) {
  Machine& m = machine();
  m.fault = fault_text(m, what, *current);
}

void leave_kernel() {
  Fiber::switch_between(current->fiber, machine().host, Fiber::Leave::for_good);
  __builtin_unreachable();
}

int sync_block(Reduction reduction, int predicate, Location where) {
  const InEmulator here;
  if (reduction == Reduction::none && left_out(where)) return 0;
  Thread& thread = *current;
  thread.reduction = reduction;
  thread.predicate = predicate;
  wait(State::at_barrier, where);
  return thread.result;
}

void set_keep(Keep keep) {
  const std::lock_guard lock(machine().in_use);
  machine().keep = keep;
}

void add_memory(const void* begin, size_t bytes, Contents contents, const char* name) {
  const std::lock_guard lock(machine().in_use);
  machine().memory.add(begin, bytes, false, contents, name);
}

void remove_memory(const void* begin) {
  const std::lock_guard lock(machine().in_use);
  machine().memory.remove(begin);
}

void host_wrote(const void* begin) {
  const std::lock_guard lock(machine().in_use);
  machine().memory.host_wrote(begin);
}

uint3 thread_index() noexcept {
  return current->index;
}
uint3 block_index() noexcept {
  return machine().block_index;
}
dim3 block_size() noexcept {
  return machine().call->block;
}
dim3 grid_size() noexcept {
  return machine().call->grid;
}

}  // namespace saddle::emulator
