#include "core/allocator.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "core/block_heap.h"
#include "core/device_runtime.h"
#include "core/error.h"

namespace saddle {
namespace {

constexpr size_t huge_page = size_t{2} << 20;
constexpr size_t guard_bytes = 256;
constexpr unsigned char guard_value = 0xA5;

class HostMemory final : public MemorySource {
 public:
  void* allocate(size_t bytes) override {
    const size_t align = bytes >= 2 * huge_page ? huge_page : Allocator::alignment;
    void* block = std::aligned_alloc(align, (bytes + align - 1) / align * align);
    // Large tensors are walked end to end; huge pages spare the TLB. The advice may be refused: no matter.
    if (block && align == huge_page) madvise(block, bytes, MADV_HUGEPAGE);
    return block;
  }
  void release(void* block, size_t) override { std::free(block); }
};

/// Blocks above this size come from the heap, those below are each asked of the system and kept by size.
constexpr size_t small = size_t{64} << 10;

/// Rounds up to one of eight steps an octave, so that near sizes share blocks and little is wasted.
size_t size_class(size_t bytes) {
  const size_t step = std::max<size_t>(Allocator::alignment, std::bit_floor(bytes) / 8);
  return std::max(step, (bytes + step - 1) / step * step);
}

}  // namespace

struct Allocator::Impl {
  static constexpr Pool everyone = 0;

  struct Block {
    size_t size;   // as size_for() gives it, guards included
    size_t asked;  // by the caller
    bool guarded;
    Pool pool;
  };

  Impl(Device its, std::unique_ptr<MemorySource> from)
      : device(its), source(std::move(from)), heap(*source) {}

  Device device;
  std::unique_ptr<MemorySource> source;
  BlockHeap heap;
  mutable std::mutex mutex;
  std::unordered_map<void*, Block> in_use;                       // keyed by what the caller holds
  std::map<std::pair<Pool, size_t>, std::vector<void*>> cached;  // by pool and size
  Pool pool = everyone, last_pool = everyone;                    // open now; ever
  MemoryStats stats;
  bool guards = false;
  bool damaged = false;

  static bool intact(const void* user, const Block& block) {
    const auto* p = static_cast<const unsigned char*>(user);
    const auto untouched = [](unsigned char c) { return c == guard_value; };
    return std::all_of(p - guard_bytes, p, untouched) &&
           std::all_of(p + block.asked, p + block.asked + guard_bytes, untouched);
  }

  /// A block that the pool has left over, or null.
  void* reuse(size_t size) {
    const auto it = cached.find({pool, size});
    if (it == cached.end() || it->second.empty()) return nullptr;
    void* block = it->second.back();
    it->second.pop_back();
    return block;
  }

  /// What a block for `bytes` takes.
  static size_t size_for(size_t bytes) {
    const size_t size = size_class(bytes);
    return size <= small ? size : BlockHeap::rounded(size);
  }

  /// A block that the pool has not had, or null.
  void* take(size_t size) {
    if (size > small) return heap.take(size);
    void* const block = source->allocate(size);
    if (block) {
      stats.bytes_reserved += size;
      ++stats.system_allocations;
    }
    return block;
  }

  void give_back(Pool to, void* block, size_t size) {
    if (to == everyone && size > small)
      heap.give_back(block);
    else
      cached[{to, size}].push_back(block);
  }

  /// Of the pool of everyone: a captured step writes the others again.
  void release_cached() {
    for (auto it = cached.begin(); it != cached.end() && it->first.first == everyone; it = cached.erase(it)) {
      const size_t size = it->first.second;
      for (void* block : it->second) source->release(block, size);
      stats.bytes_reserved -= size * it->second.size();
    }
    heap.release_free();
  }
};

Allocator::Allocator(Device device, std::unique_ptr<MemorySource> source)
    : impl_(std::make_unique<Impl>(device, std::move(source))) {}

Allocator::~Allocator() {
  release_cached();
}

void* Allocator::allocate(size_t bytes) {
  const std::lock_guard lock(impl_->mutex);
  const size_t asked = std::max<size_t>(bytes, 1);
  const bool guarded = impl_->guards;
  const size_t size = Impl::size_for(asked + (guarded ? 2 * guard_bytes : 0));
  void* const left_over = impl_->reuse(size);
  void* block = left_over ? left_over : impl_->take(size);
  if (!block) {
    impl_->release_cached();
    block = impl_->take(size);
  }
  require<OutOfMemory>(block != nullptr, "out of memory on ", impl_->device, ": ", bytes >> 20,
                       " MiB asked for, ", impl_->stats.bytes_in_use >> 20,
                       " MiB in use by this program; a smaller batch or size needs less");
  auto* user = static_cast<unsigned char*>(block);
  if (guarded) {
    std::memset(user, guard_value, size);
    user += guard_bytes;
    std::memset(user, 0xFF, asked);
  }
  // What a pool has is lent whole, and once: replays use it whether or not it is in use here.
  if (impl_->pool == Impl::everyone)
    impl_->source->lend(user, asked, false);
  else if (!left_over)
    impl_->source->lend(block, size, true);
  impl_->in_use.emplace(user, Impl::Block{size, asked, guarded, impl_->pool});
  impl_->stats.bytes_in_use += asked;
  impl_->stats.bytes_peak = std::max(impl_->stats.bytes_peak, impl_->stats.bytes_in_use);
  return user;
}

void Allocator::free(void* user) noexcept {
  const std::lock_guard lock(impl_->mutex);
  const auto it = impl_->in_use.find(user);
  const Impl::Block block = it->second;
  if (block.guarded && !Impl::intact(user, block)) impl_->damaged = true;
  impl_->in_use.erase(it);
  impl_->stats.bytes_in_use -= block.asked;
  void* start = static_cast<unsigned char*>(user) - (block.guarded ? guard_bytes : 0);
  const Pool pool = impl_->pool != Impl::everyone ? impl_->pool : block.pool;
  if (block.pool == Impl::everyone) {
    impl_->source->take_back(user);
    if (pool != Impl::everyone) impl_->source->lend(start, block.size, true);
  }
  impl_->give_back(pool, start, block.size);
}

MemoryStats Allocator::stats() const {
  const std::lock_guard lock(impl_->mutex);
  MemoryStats all = impl_->stats;
  all.bytes_reserved += impl_->heap.bytes_reserved();
  all.system_allocations += impl_->heap.system_allocations();
  return all;
}

void Allocator::reset_peak() {
  const std::lock_guard lock(impl_->mutex);
  impl_->stats.bytes_peak = impl_->stats.bytes_in_use;
}

void Allocator::release_cached() {
  const std::lock_guard lock(impl_->mutex);
  impl_->release_cached();
}

Allocator::Pool Allocator::open_pool() {
  const std::lock_guard lock(impl_->mutex);
  return impl_->pool = ++impl_->last_pool;
}

void Allocator::close_pool() {
  const std::lock_guard lock(impl_->mutex);
  impl_->pool = Impl::everyone;
}

void Allocator::drop_pool(Pool pool) {
  const std::lock_guard lock(impl_->mutex);
  for (auto& [user, block] : impl_->in_use)
    if (block.pool == pool) block.pool = Impl::everyone;
  for (auto it = impl_->cached.lower_bound({pool, 0}); it != impl_->cached.end() && it->first.first == pool;
       it = impl_->cached.erase(it)) {
    for (void* block : it->second) {
      impl_->source->take_back(block);
      impl_->give_back(Impl::everyone, block, it->first.second);
    }
  }
}

void Allocator::set_guards(bool on) {
  const std::lock_guard lock(impl_->mutex);
  impl_->guards = on;
  impl_->damaged = false;
}

void Allocator::check_guards() const {
  const std::lock_guard lock(impl_->mutex);
  require<Error>(!impl_->damaged, "a block was written beyond its ends before it was freed");
  for (const auto& [user, block] : impl_->in_use)
    require<Error>(!block.guarded || Impl::intact(user, block), "a block of ", block.asked,
                   " bytes was written beyond its ends");
}

Allocator& allocator(Device device) {
  // Never destroyed: tensors with static storage may outlive any static allocator.
  static auto& cpu = *new Allocator({}, std::make_unique<HostMemory>());
  if (device.type == DeviceType::cpu) return cpu;

  static auto& others = *new std::map<std::pair<DeviceType, int>, Allocator>;
  static std::mutex mutex;
  const std::lock_guard lock(mutex);
  const std::pair key(device.type, device.index);
  const auto known = others.find(key);
  if (known != others.end()) return known->second;
  const std::string missing = why_missing(device);
  require<Error>(missing.empty(), "device ", device, missing);
  return others.try_emplace(key, device, runtime(device.type)->memory(device.index)).first->second;
}

}  // namespace saddle
