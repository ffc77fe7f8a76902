// Tables on a device, found again by content. Where no GPU is, host memory stands for its own.
#include "kernels/cuda/tables.h"

#include <catch2/catch.hpp>

namespace saddle::kernels {
namespace {

Tensor table(int64_t number) {
  return device_table({}, std::as_bytes(std::span(&number, 1)));
}

int64_t number_in(const Tensor& table) {
  return *reinterpret_cast<const int64_t*>(table.data<uint8_t>());
}

TEST_CASE("a table is uploaded once and found by content", "[kernels][tables]") {
  const Tensor first = table(1), other = table(2), again = table(1);
  CHECK(first.nbytes() == sizeof(int64_t));
  CHECK(again.shares_memory_with(first));
  CHECK_FALSE(other.shares_memory_with(first));
  CHECK(number_in(first) == 1);
  CHECK(number_in(other) == 2);
}

TEST_CASE("the tables that were not asked for longest are dropped, but live on in handles",
          "[kernels][tables]") {
  const Tensor dropped = table(1), kept = table(2);
  for (int64_t i = 0; i < 4095; ++i) {
    table(1000 + i);
    table(2);
  }
  CHECK(device_tables({}).size() == 4096);
  CHECK(table(2).shares_memory_with(kept));
  CHECK_FALSE(table(1).shares_memory_with(dropped));
  CHECK(number_in(dropped) == 1);
}

}  // namespace
}  // namespace saddle::kernels
