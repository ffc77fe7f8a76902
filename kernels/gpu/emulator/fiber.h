// Fibers: lines of execution on one host thread, each with a stack of its own, that hand over to each other
// by name. A switch saves what a function call must preserve and takes about 2 ns on x86-64; elsewhere
// ucontext serves.
#pragma once
#include <cstddef>
#include <vector>

#if !defined(__x86_64__) || defined(SADDLE_EMULATOR_UCONTEXT)
#define SADDLE_FIBER_UCONTEXT
#include <ucontext.h>
#endif

namespace saddle::emulator {

/// Stacks of one size, kept for reuse, last one first: its pages are warm. Below each lies a page that may
/// not be touched.
class StackPool {
 public:
#ifdef __SANITIZE_ADDRESS__
  static constexpr size_t stack_bytes = 256 * 1024;  // red zones make frames larger
#else
  static constexpr size_t stack_bytes = 64 * 1024;
#endif

  StackPool() = default;
  ~StackPool();
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  /// The lowest address of a stack. Throws OutOfMemory.
  char* take();
  void give(char* stack) {
    free_.push_back(stack);
  }

 private:
  std::vector<char*> free_;
  std::vector<char*> all_;
};

class Fiber {
 public:
  /// The next switch to this fiber calls `entry` on the stack. `entry` first calls entered() and never
  /// returns: its last act is a switch with Leave::for_good.
  void prepare(char* stack, void (*entry)());

  enum class Leave { for_now, for_good };
  /// Suspends the running code, which resumes when someone switches to `from`, and resumes `to`.
  static void switch_between(Fiber& from, Fiber& to, Leave leave = Leave::for_now);

  /// To be called first thing on a new stack, with the fiber that switched to it.
  static void entered(Fiber& from);

 private:
#ifdef SADDLE_FIBER_UCONTEXT
  ucontext_t context_{};
#else
  void* stack_pointer_ = nullptr;
#endif
#ifdef __SANITIZE_ADDRESS__
  const void* stack_low_ = nullptr;
  size_t stack_size_ = 0;
  void* fake_stack_ = nullptr;
#endif
};

}  // namespace saddle::emulator
