#include "core/allocator.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>

#include "core/random.h"
#include "core/tensor.h"

using namespace saddle;
using Catch::Contains;

namespace {

/// Host memory with a limit.
class LimitedMemory final : public MemorySource {
 public:
  explicit LimitedMemory(size_t limit) : limit_(limit) {}
  void* allocate(size_t bytes) override {
    if (used_ + bytes > limit_) return nullptr;
    used_ += bytes;
    return std::aligned_alloc(Allocator::alignment, bytes);
  }
  void release(void* block, size_t bytes) override {
    used_ -= bytes;
    std::free(block);
  }

 private:
  size_t limit_, used_ = 0;
};

}  // namespace

TEST_CASE("the allocator counts and reuses", "[core]") {
  Allocator a({}, std::make_unique<LimitedMemory>(size_t{1} << 20));
  void* p = a.allocate(1000);
  CHECK(reinterpret_cast<uintptr_t>(p) % Allocator::alignment == 0);
  const MemoryStats first = a.stats();
  CHECK(first.bytes_in_use >= 1000);
  CHECK(first.system_allocations == 1);
  a.free(p);
  CHECK(a.stats().bytes_in_use == 0);
  CHECK(a.stats().bytes_peak == first.bytes_in_use);
  CHECK(a.allocate(990) == p);
  CHECK(a.stats().system_allocations == 1);
  a.free(p);
  a.release_cached();
  CHECK(a.stats().bytes_reserved == 0);
}

TEST_CASE("cached blocks are given back before memory runs out", "[core]") {
  Allocator a({}, std::make_unique<LimitedMemory>(size_t{1} << 20));
  a.free(a.allocate(50 << 10));
  a.free(a.allocate(700 << 10));
  CHECK(a.stats().bytes_reserved > (750u << 10));
  void* p = a.allocate(900 << 10);  // neither fits beside it
  CHECK(a.stats().bytes_reserved < (1024u << 10));
  CHECK_THROWS_WITH(a.allocate(200 << 10), Contains("out of memory on cpu: 0 MiB asked for"));
  CHECK_THROWS_AS(a.allocate(size_t{8} << 20), OutOfMemory);
  a.free(p);
}

TEST_CASE("large blocks are cut and joined, so that sizes share memory", "[core]") {
  constexpr size_t mib = size_t{1} << 20;
  Allocator a({}, std::make_unique<LimitedMemory>(200 * mib));
  const auto reserved = [&] { return a.stats().bytes_reserved; };
  void* const p = a.allocate(20 * mib);
  void* const q = a.allocate(10 * mib);
  void* const r = a.allocate(20 * mib);
  const size_t one = reserved();
  CHECK(one == 64 * mib);
  a.free(p);
  a.free(r);  // joins what was left of the segment
  void* const s = a.allocate(30 * mib);
  CHECK(reserved() == one);
  void* const t = a.allocate(15 * mib);  // the smallest that fits: where p was
  CHECK(t == p);
  void* const u = a.allocate(4 * mib);
  CHECK(u > t);
  CHECK(u < q);
  for (void* block : {q, u, t, s}) a.free(block);  // joins on both sides
  void* const whole = a.allocate(60 * mib);
  CHECK(whole == p);
  CHECK(a.stats().system_allocations == 1);
  void* const second = a.allocate(100 * mib);
  CHECK(a.stats().system_allocations == 2);
  a.free(second);
  a.release_cached();  // the segment that is free, not the one in use
  CHECK(reserved() == one);
  a.free(whole);
  a.release_cached();
  CHECK(reserved() == 0);
}

TEST_CASE("what a captured step used is nobody else's until its pool is dropped", "[core]") {
  Allocator a({}, std::make_unique<LimitedMemory>(size_t{64} << 20));
  for (const size_t bytes : {size_t{1000}, size_t{1} << 20}) {
    void* const before = a.allocate(bytes);
    const Allocator::Pool pool = a.open_pool();
    void* const p = a.allocate(bytes);
    a.free(p);
    CHECK(a.allocate(bytes) == p);
    a.free(before);  // which the step may have read
    CHECK(a.allocate(bytes) == before);
    a.free(p);
    a.close_pool();
    void* const q = a.allocate(bytes);
    CHECK(q != p);
    a.free(before);
    void* const r = a.allocate(bytes);
    CHECK(r != before);
    CHECK(r != p);
    a.free(q);
    a.free(r);
    a.drop_pool(pool);
    CHECK(a.stats().bytes_in_use == 0);
  }
  a.release_cached();
  CHECK(a.stats().bytes_reserved == 0);
}

TEST_CASE("blocks of any sizes never overlap", "[core]") {
  Allocator a({}, std::make_unique<LimitedMemory>(size_t{1} << 30));
  std::map<unsigned char*, size_t> held;
  const Philox random{7, 0};
  for (uint64_t i = 0; i < 3000; ++i) {
    const auto words = random(i);
    if (held.size() > 20 || (!held.empty() && words[0] % 2)) {
      const auto it = std::next(held.begin(), words[1] % held.size());
      CHECK(*it->first == it->second % 251);
      CHECK(it->first[it->second - 1] == it->second % 251);
      a.free(it->first);
      held.erase(it);
    } else {
      const size_t bytes = 1 + (words[2] >> (12 + words[3] % 16));
      auto* const p = static_cast<unsigned char*>(a.allocate(bytes));
      CHECK(reinterpret_cast<uintptr_t>(p) % Allocator::alignment == 0);
      p[0] = p[bytes - 1] = static_cast<unsigned char>(bytes % 251);
      const auto after = held.emplace(p, bytes).first;
      if (after != held.begin()) CHECK(std::prev(after)->first + std::prev(after)->second <= p);
      if (std::next(after) != held.end()) CHECK(p + bytes <= std::next(after)->first);
    }
  }
  for (const auto& [p, bytes] : held) a.free(p);
  CHECK(a.stats().bytes_in_use == 0);
  a.release_cached();
  CHECK(a.stats().bytes_reserved == 0);
}

TEST_CASE("guard bands show stray writes and unwritten memory", "[core]") {
  Allocator a({}, std::make_unique<LimitedMemory>(size_t{1} << 20));
  a.set_guards(true);
  auto* p = static_cast<unsigned char*>(a.allocate(100));
  CHECK(p[0] == 0xFF);
  CHECK(p[99] == 0xFF);
  CHECK_NOTHROW(a.check_guards());
  p[100] = 0;
  CHECK_THROWS_WITH(a.check_guards(), Contains("a block of 100 bytes was written beyond its ends"));
  a.free(p);
  CHECK_THROWS_WITH(a.check_guards(), Contains("before it was freed"));
}

TEST_CASE("a loop in its stride asks the system for nothing", "[core]") {
  const auto step = [] {
    const Tensor x = Tensor::zeros({64, 3, 32, 32});
    const Tensor y = Tensor::zeros({100});
  };
  step();
  const uint64_t before = allocator({}).stats().system_allocations;
  for (int i = 0; i < 1000; ++i) step();
  CHECK(allocator({}).stats().system_allocations == before);
}
