// Large blocks of a device's memory: cut from segments that the system gave, the smallest free block that
// fits first, and joined with their free neighbours when they come back, so that what one size leaves behind
// serves any other. Kept by size, a training step's blocks of some hundred sizes would each wait for their
// like.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

namespace saddle {

class MemorySource;

/// For one thread at a time.
class BlockHeap {
 public:
  explicit BlockHeap(MemorySource& source) : source_(source) {}

  /// What a block for `bytes` takes: whole pages, and a gap of 64 bytes at least, so that the contents of two
  /// blocks never touch.
  static size_t rounded(size_t bytes);

  /// A block of `size` bytes, as rounded() gives them; null if the system has no more.
  void* take(size_t size);
  void give_back(void* block);
  /// Gives the segments of which nothing is in use back to the system.
  void release_free();

  size_t bytes_reserved() const { return bytes_reserved_; }
  uint64_t system_allocations() const { return system_allocations_; }

 private:
  struct Block {
    size_t size;
    bool free;
    size_t segment;  // size of the segment that begins with this block, else 0
  };
  using Blocks = std::map<char*, Block>;  // by address

  bool grow(size_t size);
  void set_free(Blocks::iterator block, bool free);
  /// `second`, which lies behind `first`, becomes part of it; neither is in free_.
  void join(Blocks::iterator first, Blocks::iterator second);

  MemorySource& source_;
  Blocks blocks_;
  std::set<std::pair<size_t, char*>> free_;  // by size
  size_t bytes_reserved_ = 0;
  uint64_t system_allocations_ = 0;
};

}  // namespace saddle
