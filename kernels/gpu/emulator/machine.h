// The emulated GPU: the state of the kernel, block, warps and threads that run. Private to the emulator.
//
// scheduler.cpp runs threads and opens block barriers; warp.cpp, shared.cpp, copies.cpp, matrix.cpp are the
// intrinsics; check.cpp judges each access to memory; fault.cpp words what went wrong.
#pragma once
#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "kernels/gpu/emulator/emulator.h"
#include "kernels/gpu/emulator/fiber.h"
#include "kernels/gpu/emulator/intrinsics.h"
#include "kernels/gpu/emulator/memory.h"

namespace saddle::emulator {

constexpr unsigned warp_lanes = 32;
constexpr unsigned most_threads = 1024;
constexpr unsigned most_warps = most_threads / warp_lanes;

enum class State : uint8_t { ready, at_barrier, at_named_barrier, at_warp_operation, returned };

/// An operation of a whole warp: `combine` sees the record of each lane of the mask, null for others.
struct WarpOperation {
  const char* name;
  void (*combine)(void* const* records, unsigned mask);
};

struct Warp {
  unsigned lanes = 0;     // those that the block has
  unsigned returned = 0;  // those that have returned
  unsigned waiting = 0;   // those that are at a warp's operation
};

/// A cp.async under way.
struct Copy {
  char* to;
  const char* from;
  int bytes, valid;
  unsigned group;
  bool done;  // its bytes are there already, though nobody may know
};

struct Thread {
  // Who it is.
  unsigned number, lane, warp;
  uint3 index;

  // What it does.
  Fiber fiber;
  char* stack = nullptr;  // none before its first turn
  State state = State::ready;
  bool in_emulator = true;  // runs the emulator's code, not the kernel's
  bool fenced = false;      // has called __threadfence
  std::vector<Copy> copies;
  unsigned copy_group = 0;

  // What it waits for.
  Location where;
  Reduction reduction = Reduction::none;
  int predicate = 0, result = 0;  // of a block barrier
  int barrier = 0;                // the id of a named one
  const WarpOperation* operation = nullptr;
  void* record = nullptr;
  unsigned mask = 0;

  // What it knows: its own time; up to when what each lane of its warp did, and what each warp did, comes
  // before what it does now. What came before the last block barrier always does.
  uint32_t time = 0;
  std::array<uint32_t, warp_lanes> lanes_known{};
  std::array<uint32_t, most_warps> warps_known{};
};

/// The state of one named barrier.
struct NamedBarrier {
  int expected = 0, arrived = 0;
  Location where;
};

struct Machine {
  std::mutex in_use;  // held while a kernel runs, and to change `memory`
  Memory memory;
  StackPool stacks;
  Fiber host;
  Keep keep = nullptr;  // whether a barrier is to be made; null: all are

  // The kernel.
  const KernelCall* call = nullptr;
  Options options;
  uint64_t random_state = 0;
  uint32_t kernel_start = 0;           // the time
  std::vector<uint64_t> block_order;   // the blocks' numbers, first to run first
  std::vector<uint32_t> block_starts;  // when each of them that has run began
  std::string fault;                   // what went wrong, set by the thread that did it

  // The block.
  uint3 block_index{};
  unsigned thread_count = 0, unfinished = 0;
  std::vector<Thread> threads;
  std::array<Warp, most_warps> warps;
  std::vector<unsigned> warp_order, lane_order;
  std::array<NamedBarrier, 16> named_barriers;
  uint32_t block_start = 0, last_barrier = 0, now = 0;
  /// Fences: which blocks' work is seen by who reads an atomic variable, and by this block.
  std::unordered_map<uintptr_t, std::unordered_set<uint64_t>> released;
  std::unordered_set<uint64_t> acquired;

  // Shared memory: arrays one after another, with gaps. They keep their places from block to block.
  char* shared = nullptr;
  size_t shared_used = 0, static_used = 0;
  void* dynamic_shared = nullptr;
  std::vector<std::pair<const void*, Region*>> shared_arrays;

  unsigned warp_count() const { return (thread_count + warp_lanes - 1) / warp_lanes; }
  uint64_t block_number() const {
    return block_index.x + uint64_t{call->grid.x} * (block_index.y + uint64_t{call->grid.y} * block_index.z);
  }
  uint64_t random();
};

/// The one there is. Never destroyed: static objects may still give memory back.
inline Machine& machine() {
  static Machine* const only = new Machine;
  return *only;
}

/// The thread that runs, null outside kernels.
extern thread_local constinit Thread* current __attribute__((tls_model("initial-exec")));

/// While one lives, the running thread is in the emulator's own code. Templates that both use, such as
/// std::max, exist once in a program, and that one may be the instrumented one: its accesses are then the
/// emulator's.
class InEmulator {
 public:
  InEmulator() : thread_(*current), before_(thread_.in_emulator) { thread_.in_emulator = true; }
  ~InEmulator() { thread_.in_emulator = before_; }
  InEmulator(const InEmulator&) = delete;
  InEmulator& operator=(const InEmulator&) = delete;

 private:
  Thread& thread_;
  bool before_;
};

/// Whether the running thread is to pass this barrier, wait or fence as if it were not there.
inline bool left_out(Location where) {
  Machine& m = machine();
  if (!m.keep) return false;
  const InEmulator here;
  return !m.keep(m.call->name, where.file, where.line);
}

// scheduler.cpp
/// The running thread waits until someone sets its state to `ready`.
void wait(State state, Location where);
void end_kernel(const std::string& what);
[[noreturn]] void leave_kernel();
/// Ends the kernel: run_kernel throws a Fault with the text, the kernel's name and the running thread's. The
/// thread's stack is left as it is, so the text is made in a function whose strings are gone by then.
template <class Text>
[[noreturn]] void fail(Text text) {
  end_kernel(text());
  leave_kernel();
}

// shared.cpp
void start_shared_memory();
void end_shared_memory();

// check.cpp
/// Judges an access by the running thread and marks it. `code`: the instruction.
void check_access(const void* address, size_t bytes, Access access, const void* code);
/// A copy is under way no more: its bytes are as if just written.
void land_copy(const void* address, size_t bytes);
[[noreturn]] void fail_alignment(const void* address, size_t alignment, const char* operation,
                                 const void* code);
/// Refuses an address that is not a multiple of `alignment`.
inline void check_alignment(const void* address, size_t alignment, const char* operation, const void* code) {
  if (reinterpret_cast<uintptr_t>(address) % alignment != 0)
    fail_alignment(address, alignment, operation, code);
}

// fault.cpp
std::string describe(Location where);
/// "file:line" of an instruction, where debugging information and addr2line are at hand.
std::string describe_code(const void* code);
std::string describe_thread(unsigned number);
std::string describe_block(uint64_t number);
std::string describe_mask(unsigned mask);  // "0x0000ffff"

}  // namespace saddle::emulator
