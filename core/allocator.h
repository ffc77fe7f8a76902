// Caching memory allocator, one a device: freed blocks are kept and given out again, small ones by size
// class, large ones from a heap (core/block_heap.h), so that a training loop in its stride asks the system
// for nothing.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/device.h"

namespace saddle {

struct MemoryStats {
  size_t bytes_in_use = 0;    ///< asked for and handed out now
  size_t bytes_peak = 0;      ///< most ever handed out at once since the last reset_peak()
  size_t bytes_reserved = 0;  ///< held from the system, cached blocks included
  uint64_t system_allocations = 0;
};

/// Where an allocator's memory comes from.
class MemorySource {
 public:
  virtual ~MemorySource() = default;
  /// `bytes` aligned to 64, or nullptr.
  virtual void* allocate(size_t bytes) = 0;
  virtual void release(void* block, size_t bytes) = 0;
  /// Memory goes to a caller and comes back. If `written`, what it holds may be read before it is written.
  virtual void lend(void* /*begin*/, size_t /*bytes*/, bool /*written*/) {}
  virtual void take_back(void* /*begin*/) {}
};

class Allocator {
 public:
  static constexpr size_t alignment = 64;

  Allocator(Device device, std::unique_ptr<MemorySource> source);
  ~Allocator();
  Allocator(const Allocator&) = delete;
  Allocator& operator=(const Allocator&) = delete;

  /// At least `bytes`, aligned to 64. When the system has none left, cached blocks are given back and the
  /// request is tried once more; then throws OutOfMemory.
  void* allocate(size_t bytes);
  void free(void* block) noexcept;

  MemoryStats stats() const;
  void reset_peak();
  /// Gives all cached blocks back to the system.
  void release_cached();

  /// A captured step's memory: blocks allocated between open_pool() and close_pool() come from and return to
  /// the pool alone, and so do blocks freed in between, which the step may have read. Nobody else gets them,
  /// as the step's replays write them again. drop_pool() makes them ordinary blocks.
  using Pool = uint64_t;
  Pool open_pool();
  void close_pool();
  void drop_pool(Pool pool);

  /// For tests, host memory only: from now on every block lies between guard bands and is filled with 0xFF
  /// (NaN in every float type), so that stray writes and reads of unwritten memory show.
  void set_guards(bool on);
  /// Throws Error if a guard band of a block in use, or freed since guards were set, was overwritten.
  void check_guards() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The allocator of `device`; throws Error where this build has no such device.
Allocator& allocator(Device device);

}  // namespace saddle
