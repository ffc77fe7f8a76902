#include "core/block_heap.h"

#include <algorithm>
#include <iterator>

#include "core/allocator.h"

namespace saddle {
namespace {

constexpr size_t page = size_t{4} << 10, gap = 64;
/// Large, so that neighbours join. What of a segment was never used takes no memory on a host.
constexpr size_t least_segment = size_t{64} << 20, segment_step = size_t{2} << 20;

size_t round_up(size_t bytes, size_t step) {
  return (bytes + step - 1) / step * step;
}

}  // namespace

size_t BlockHeap::rounded(size_t bytes) {
  return round_up(bytes + gap, page);
}

void* BlockHeap::take(size_t size) {
  auto fit = free_.lower_bound({size, nullptr});
  if (fit == free_.end()) {
    if (!grow(size)) return nullptr;
    fit = free_.lower_bound({size, nullptr});
  }
  const auto block = blocks_.find(fit->second);
  set_free(block, false);
  if (const size_t rest = block->second.size - size; rest > 0) {
    block->second.size = size;
    set_free(blocks_.emplace_hint(std::next(block), block->first + size, Block{rest, false, 0}), true);
  }
  return block->first;
}

void BlockHeap::give_back(void* freed) {
  auto block = blocks_.find(static_cast<char*>(freed));
  const auto next = std::next(block);
  if (next != blocks_.end() && next->second.free && !next->second.segment) {
    set_free(next, false);
    join(block, next);
  }
  if (!block->second.segment && std::prev(block)->second.free) {
    const auto before = std::prev(block);
    set_free(before, false);
    join(before, block);
    block = before;
  }
  set_free(block, true);
}

void BlockHeap::release_free() {
  for (auto block = blocks_.begin(); block != blocks_.end();) {
    const auto next = std::next(block);
    if (block->second.free && block->second.segment == block->second.size) {
      set_free(block, false);
      source_.release(block->first, block->second.segment);
      bytes_reserved_ -= block->second.segment;
      blocks_.erase(block);
    }
    block = next;
  }
}

/// Where memory is scarce, a segment is no larger than the block.
bool BlockHeap::grow(size_t size) {
  for (const size_t bytes : {std::max(least_segment, round_up(size, segment_step)), size})
    if (void* const segment = source_.allocate(bytes)) {
      set_free(blocks_.emplace(static_cast<char*>(segment), Block{bytes, false, bytes}).first, true);
      bytes_reserved_ += bytes;
      ++system_allocations_;
      return true;
    }
  return false;
}

void BlockHeap::set_free(Blocks::iterator block, bool free) {
  block->second.free = free;
  const std::pair key(block->second.size, block->first);
  if (free)
    free_.insert(key);
  else
    free_.erase(key);
}

void BlockHeap::join(Blocks::iterator first, Blocks::iterator second) {
  first->second.size += second->second.size;
  blocks_.erase(second);
}

}  // namespace saddle
