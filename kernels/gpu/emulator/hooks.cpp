// Where the compiler reports a kernel's accesses to memory.
//
// A kernel's file is compiled with -fsanitize=thread, which makes the compiler call these functions before
// each load and store that another thread could see. The names are those of ThreadSanitizer's run-time
// library; it is not linked: it knows nothing of barriers, blocks and warps, and the emulator does.
#include "kernels/gpu/emulator/machine.h"

using saddle::emulator::Access;

namespace {

/// `alignment`: what the type promises, which is how the compiler picks a sized hook: a vector's load is one
/// access.
inline void check(const void* address, size_t bytes, size_t alignment, Access access, const void* code) {
  saddle::emulator::Thread* const thread = saddle::emulator::current;
  if (!thread || thread->in_emulator) return;  // null: the host's part of a kernel's file
  if (reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(thread->stack) <
      saddle::emulator::StackPool::stack_bytes)
    return;  // its own variables
  const saddle::emulator::InEmulator here;
  saddle::emulator::check_alignment(address, alignment, "a load or store", code);
  saddle::emulator::check_access(address, bytes, access, code);
}

}  // namespace

#define SADDLE_HOOKS(bytes)                                                   \
  void __tsan_read##bytes(void* address) {                                    \
    check(address, bytes, bytes, Access::read, __builtin_return_address(0));  \
  }                                                                           \
  void __tsan_write##bytes(void* address) {                                   \
    check(address, bytes, bytes, Access::write, __builtin_return_address(0)); \
  }                                                                           \
  void __tsan_unaligned_read##bytes(void* address) {                          \
    check(address, bytes, 1, Access::read, __builtin_return_address(0));      \
  }                                                                           \
  void __tsan_unaligned_write##bytes(void* address) {                         \
    check(address, bytes, 1, Access::write, __builtin_return_address(0));     \
  }

extern "C" {
void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
// Objects with virtual functions are the host's: exceptions that a launching function throws.
void __tsan_vptr_update(void*, void*) {}
void __tsan_vptr_read(void*) {}
// Atomics of this kind are the host's: a launching function counts who holds its scratch tensors.
int __tsan_atomic32_fetch_add(volatile int* address, int value, int) {
  return __atomic_fetch_add(address, value, __ATOMIC_ACQ_REL);
}
SADDLE_HOOKS(1)
SADDLE_HOOKS(2)
SADDLE_HOOKS(4)
SADDLE_HOOKS(8)
SADDLE_HOOKS(16)
void __tsan_read_range(void* address, unsigned long bytes) {
  check(address, bytes, 1, Access::read, __builtin_return_address(0));
}
void __tsan_write_range(void* address, unsigned long bytes) {
  check(address, bytes, 1, Access::write, __builtin_return_address(0));
}
}
