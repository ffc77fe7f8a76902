#include "core/thread_pool.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <set>
#include <thread>
#include <vector>

#include "core/error.h"

using namespace saddle;

namespace {

struct RestoreThreads {
  int before = num_threads();
  ~RestoreThreads() { set_num_threads(before); }
};

}  // namespace

TEST_CASE("parallel_for covers every index once, in ranges of the grain", "[core][threads]") {
  const RestoreThreads restore;
  for (const int threads : {1, 2, 4}) {
    set_num_threads(threads);
    std::vector<std::atomic<int>> seen(1001);
    std::atomic<int> wrong{0};
    parallel_for(1001, 100, [&](int64_t begin, int64_t end) {
      if (begin % 100 != 0 || (end != begin + 100 && end != 1001)) ++wrong;
      for (int64_t i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
    });
    CHECK(wrong == 0);
    for (const auto& count : seen) REQUIRE(count == 1);
  }
  parallel_for(0, 1, [](int64_t, int64_t) { FAIL("called for an empty range"); });
}

TEST_CASE("parallel_for passes exceptions on and can be nested", "[core][threads]") {
  const RestoreThreads restore;
  set_num_threads(3);
  CHECK_THROWS_WITH(parallel_for(10, 1, [](int64_t begin, int64_t) { require<Error>(begin != 7, "seven"); }),
                    "seven");
  std::atomic<int64_t> total{0};
  parallel_for(
      8, 1, [&](int64_t begin, int64_t) { parallel_for(begin, 1, [&](int64_t i, int64_t) { total += i; }); });
  CHECK(total == 56);
}

TEST_CASE("threads outside the pool may call parallel_for at once", "[core][threads]") {
  const RestoreThreads restore;
  set_num_threads(2);
  std::atomic<int64_t> total{0};
  const auto work = [&] {
    for (int round = 0; round < 200; ++round)
      parallel_for(16, 4, [&](int64_t begin, int64_t end) { total += end - begin; });
  };
  std::thread other(work);
  work();
  other.join();
  CHECK(total == 2 * 200 * 16);
}

TEST_CASE("the number of threads is checked", "[core][threads]") {
  CHECK_THROWS_AS(set_num_threads(0), UsageError);
  CHECK_THROWS_AS(set_num_threads(5000), UsageError);
}
