// Tables on a device, found again by content. Where no GPU is, host memory stands for its own.
#include "kernels/cuda/tables.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "core/device_runtime.h"
#include "core/step_graph.h"

namespace saddle::kernels {
namespace {

Tensor table(int64_t number, Device device = {}) {
  return device_table(device, std::as_bytes(std::span(&number, 1)));
}

int64_t number_in(const Tensor& table) {
  int64_t number;
  std::memcpy(&number, table.to_vector<uint8_t>().data(), sizeof number);
  return number;
}

/// Asks for so many that are asked for nowhere else.
void ask_for(int64_t others, Device device = {}) {
  for (int64_t i = 0; i < others; ++i) table(1000 + i, device);
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
  ask_for(4095);
  CHECK(table(2).shares_memory_with(kept));
  ask_for(4095);
  CHECK(table(2).shares_memory_with(kept));
  CHECK_FALSE(table(1).shares_memory_with(dropped));
  CHECK(number_in(dropped) == 1);
}

TEST_CASE("tables that a captured step reads are not dropped", "[kernels][tables]") {
  const Device device{DeviceType::emulated};
  if (!runtime(device.type)) return;
  const Tensor captured = table(1, device), other = table(2, device);
  const StepGraph graph(device, [&] { table(1, device); });
  ask_for(4096, device);
  CHECK(table(1, device).shares_memory_with(captured));
  CHECK_FALSE(table(2, device).shares_memory_with(other));
  CHECK(number_in(table(2, device)) == 2);
}

}  // namespace
}  // namespace saddle::kernels
