// The CUDA emulator as its host sees it: memory that kernels may use, the order in which threads run, faults.
//
// Kernels are started with GPU_LAUNCH (kernels/gpu/gpu.h), run to their end, and throw Fault where they break
// a rule of CUDA. One kernel runs at a time; launches from several host threads wait for each other.
// docs/emulation.md has the rest.
#pragma once
#include <cstddef>
#include <cstdint>

#include "core/error.h"

namespace saddle::emulator {

/// A kernel did what CUDA forbids or leaves undefined. The text names the kernel, the rule, the block, the
/// thread, the lines of the source, and for memory the array and offset.
class Fault : public Error {
 public:
  using Error::Error;
};

/// The order in which threads take their turns in a warp, warps in a block, and blocks in the grid. A turn
/// lasts until a thread waits at a barrier or a warp's operation. A right kernel gives the same bits in each.
/// The order also says when a cp.async moves its bytes: at the wait (forward), at once (reverse), or either
/// (random).
enum class Order : uint8_t { forward, reverse, random };

struct Options {
  Order order = Order::forward;
  uint64_t seed = 1;                 // of the random order
  size_t static_shared = 48 * 1024;  // bytes a block may declare
  size_t all_shared = 163 * 1024;    // with the dynamic bytes: sm_80's limit
};

/// The options of the kernels that the calling thread starts.
Options& options();

/// Whether a barrier, wait or fence is to be made: asked by each thread that comes to one, with the kernel as
/// its launch has it, the file and the line of the call.
using Keep = bool (*)(const char* kernel, const char* file, int line);
/// Lets tests leave out barriers, to see whether they are missed. Null, as at the start: all are made.
void set_keep(Keep keep);

/// What memory holds before a kernel has written it: something, or nothing that may be read.
enum class Contents : uint8_t { written, unwritten };

/// Lets kernels use [begin, begin + bytes) until remove_memory(begin). Kernels may touch no memory but that,
/// their own variables and shared memory, and may read constants of the program. Two pieces should not touch:
/// the bytes between them are what shows an overrun. `name` must live as long.
void add_memory(const void* begin, size_t bytes, Contents contents = Contents::written,
                const char* name = "device memory");
void remove_memory(const void* begin);
/// The host has written the array that begins there.
void host_wrote(const void* begin);

}  // namespace saddle::emulator
