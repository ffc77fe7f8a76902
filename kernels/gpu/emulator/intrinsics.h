// What an emulated kernel calls: the emulator's side of CUDA's intrinsics (cuda.h) and of PTX (ptx.h). All of
// it is compiled in the emulator's library, never in a kernel's file: there each access to memory is checked.
#pragma once
#include <cstddef>
#include <cstdint>
#include <tuple>

#include "kernels/gpu/emulator/types.h"

namespace saddle::emulator {

/// A line of the kernel's source. As a default argument, here() is the line of the call.
struct Location {
  const char* file = "";
  int line = 0;
  static constexpr Location here(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    return {file, line};
  }
};

/// The indices of the thread that runs. They never change in a thread's life, hence `const`.
[[gnu::const]] uint3 thread_index() noexcept;
[[gnu::const]] uint3 block_index() noexcept;
[[gnu::const]] dim3 block_size() noexcept;
[[gnu::const]] dim3 grid_size() noexcept;

/// What a block barrier computes of its threads' predicates.
enum class Reduction : uint8_t { none, any, all, count };
int sync_block(Reduction reduction, int predicate, Location where);
void sync_named(int id, int threads, Location where);

void sync_warp(unsigned mask, Location where);
enum class Shuffle : uint8_t { index, up, down, exclusive_or };
void shuffle(unsigned mask, void* value, size_t bytes, Shuffle kind, unsigned argument, int width,
             Location where);
unsigned ballot(unsigned mask, bool predicate, Location where);
enum class LaneReduction : uint8_t {
  add,
  min_signed,
  max_signed,
  min_unsigned,
  max_unsigned,
  bit_and,
  bit_or,
  bit_xor
};
unsigned reduce_lanes(unsigned mask, unsigned value, LaneReduction reduction, Location where);

/// The block's own array for the variable that `key` stands for; made when the first thread asks.
void* shared_array(const void* key, const char* name, size_t bytes);
void* dynamic_shared();

/// An atomic update reads with begin_atomic, computes, and writes with end_atomic: no other thread runs in
/// between.
void begin_atomic(void* address, void* value, size_t bytes);
void end_atomic(void* address, const void* value, size_t bytes);
void thread_fence(Location where);

void start_copy(void* shared, const void* global, int bytes, int valid);
void commit_copies(Location where);
void wait_for_copies(int pending, Location where);

uint32_t round_to_tf32(float x);
uint32_t round_to_bf16(float x);
void multiply_tf32(float* d, const uint32_t* a, const uint32_t* b, Location where);
void multiply_bf16(float* d, const uint32_t* a, const uint32_t* b, Location where);
void load_matrices(uint32_t* d, int count, bool transposed, const void* row, Location where);

/// A kernel with its arguments: `run` is called once for each thread.
struct KernelCall {
  const char* name;
  dim3 grid, block;
  size_t dynamic_shared;
  void (*run)(const void* call);
  const void* call;
  size_t call_bytes;  // the arguments lie in [call, call + call_bytes); threads may read them
};
void run_kernel(const KernelCall& call);

/// Runs every thread of the grid before it returns. Throws Fault where the kernel does something wrong.
template <class... Parameters, class... Args>
void launch(const char* name, void (*kernel)(Parameters...), dim3 grid, dim3 block, size_t dynamic_shared,
            cudaStream_t, Args... args) {
  struct Call {
    void (*kernel)(Parameters...);
    std::tuple<Parameters...> arguments;
  };
  const Call call{kernel, {static_cast<Parameters>(args)...}};
  const auto run = [](const void* c) {
    std::apply(static_cast<const Call*>(c)->kernel, static_cast<const Call*>(c)->arguments);
  };
  run_kernel({name, grid, block, dynamic_shared, run, &call, sizeof call});
}

}  // namespace saddle::emulator
