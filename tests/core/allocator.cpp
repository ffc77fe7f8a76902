#include "core/allocator.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdlib>
#include <cstring>

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
  a.free(a.allocate(900 << 10));
  void* p = a.allocate(500 << 10);
  CHECK_THROWS_WITH(a.allocate(600 << 10), Contains("out of memory on cpu: 0 MiB asked for"));
  CHECK_THROWS_AS(a.allocate(size_t{8} << 20), OutOfMemory);
  a.free(p);
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
