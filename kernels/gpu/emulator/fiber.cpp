#include "kernels/gpu/emulator/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "core/error.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#ifndef SADDLE_FIBER_UCONTEXT
extern "C" void saddle_switch_stack(void** save, void* resume);

// The registers that a call preserves lie on the suspended stack, below the address to go on at. The end is a
// jump, not a return: the processor predicts returns by the calls it saw, which are another stack's.
asm(R"(
  .text
  .type saddle_switch_stack, @function
saddle_switch_stack:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  popq %rcx
  jmp *%rcx
  .size saddle_switch_stack, . - saddle_switch_stack
)");
#endif

namespace saddle::emulator {
namespace {

size_t page_bytes() {
  static const size_t bytes = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

}  // namespace

char* StackPool::take() {
  if (!free_.empty()) {
    char* const stack = free_.back();
    free_.pop_back();
#ifdef __SANITIZE_ADDRESS__
    // A fiber never returns from its first frames, nor, after a fault, from any: their red zones are still
    // marked.
    __asan_unpoison_memory_region(stack, stack_bytes);
#endif
    return stack;
  }
  void* const memory = mmap(nullptr, page_bytes() + stack_bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  require<OutOfMemory>(memory != MAP_FAILED, "emulator: no memory for the stack of a thread");
  mprotect(memory, page_bytes(), PROT_NONE);
  all_.push_back(static_cast<char*>(memory) + page_bytes());
  return all_.back();
}

StackPool::~StackPool() {
  for (char* stack : all_) {
#ifdef __SANITIZE_ADDRESS__
    __asan_unpoison_memory_region(stack, stack_bytes);
#endif
    munmap(stack - page_bytes(), page_bytes() + stack_bytes);
  }
}

void Fiber::prepare(char* stack, void (*entry)()) {
#ifdef __SANITIZE_ADDRESS__
  stack_low_ = stack;
  stack_size_ = StackPool::stack_bytes;
#endif
#ifdef SADDLE_FIBER_UCONTEXT
  getcontext(&context_);
  context_.uc_stack.ss_sp = stack;
  context_.uc_stack.ss_size = StackPool::stack_bytes;
  context_.uc_link = nullptr;
  makecontext(&context_, entry, 0);
#else
  constexpr int preserved_registers = 6;
  void** top = reinterpret_cast<void**>(stack + StackPool::stack_bytes);
  *--top = nullptr;  // the address that entry would return to; it also aligns the stack as after a call
  *--top = reinterpret_cast<void*>(entry);
  for (int i = 0; i < preserved_registers; ++i) *--top = nullptr;
  stack_pointer_ = top;
#endif
}

void Fiber::switch_between(Fiber& from, Fiber& to, [[maybe_unused]] Leave leave) {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(leave == Leave::for_good ? nullptr : &from.fake_stack_, to.stack_low_,
                                 to.stack_size_);
#endif
#ifdef SADDLE_FIBER_UCONTEXT
  swapcontext(&from.context_, &to.context_);
#else
  saddle_switch_stack(&from.stack_pointer_, to.stack_pointer_);
#endif
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(from.fake_stack_, nullptr, nullptr);
#endif
}

void Fiber::entered([[maybe_unused]] Fiber& from) {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(nullptr, &from.stack_low_, &from.stack_size_);
#endif
}

}  // namespace saddle::emulator
