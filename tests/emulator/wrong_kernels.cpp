// Each wrong kernel is caught, in every order of threads, with a message that leads to the mistake.
#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "kernels/gpu/emulator/machine.h"
#include "tests/emulator/device_array.h"
#include "tests/emulator/kernels/right.h"
#include "tests/emulator/kernels/wrong.h"
#include "tests/emulator/orders.h"

using namespace saddle;
using namespace saddle::test;
using Catch::Matchers::Contains;

namespace {

/// The fault's text; empty if there was none.
std::string fault_of(const WrongKernel& kernel) {
  DeviceArray<float> x(std::vector<float>(64, 1.0f), "x"), y(64, "y");
  DeviceArray<unsigned> counter(std::vector<unsigned>{0}, "counter");
  try {
    kernel.start({x.data(), y.data(), counter.data()});
  } catch (const emulator::Fault& fault) {
    return fault.what();
  }
  return {};
}

/// Every line of source that a fault names, "wrong_memory.cu:12", is marked `// wrong`.
void check_lines(const std::string& fault) {
  const std::string extension = ".cu:";
  for (size_t end = 0; (end = fault.find(extension, end)) != std::string::npos; end += extension.size()) {
    const size_t begin = fault.rfind(' ', end) + 1;
    std::ifstream source(SADDLE_KERNELS_DIR "/" + fault.substr(begin, end + 3 - begin));
    std::string line;
    for (int i = std::stoi(fault.substr(end + extension.size())); i > 0; --i)
      REQUIRE(std::getline(source, line));
    CHECK_THAT(line, Catch::Matchers::EndsWith("// wrong"));
  }
}

void check_all(const std::vector<WrongKernel>& kernels) {
  for (const WrongKernel& kernel : kernels)
    in_each_order([&] {
      CAPTURE(kernel.name);
      const std::string fault = fault_of(kernel);
      CHECK_THAT(fault, Contains(std::string(kernel.name) + ": "));
      CHECK_THAT(fault, Contains("block (") && Contains("thread ("));
      for (const char* part : kernel.message) CHECK_THAT(fault, Contains(part));
      check_lines(fault);
    });
}

}  // namespace

TEST_CASE("wrong barriers, waits and fences are caught", "[emulator]") {
  check_all(wrong_barriers());
}

TEST_CASE("wrong accesses to memory are caught", "[emulator]") {
  check_all(wrong_memory());
}

TEST_CASE("wrong operations of warps are caught", "[emulator]") {
  check_all(wrong_warps());
}

TEST_CASE("launches that no GPU takes are refused", "[emulator]") {
  DeviceArray<float> x(std::vector<float>(64), "x"), y(64, "y");
  const auto start = [&](dim3 grid, dim3 block, size_t shared) {
    emulator::run_kernel({"kernel", grid, block, shared, [](const void*) {}, nullptr, 0});
  };
  CHECK_THROWS_WITH(start(1, 1025, 0),
                    "kernel: block (1025,1,1) must have 1 to 1024 threads and at most 64 in z");
  CHECK_THROWS_WITH(start(1, dim3(1, 1, 65), 0), Contains("at most 64 in z"));
  CHECK_THROWS_WITH(start(1, 0, 0), Contains("block (0,1,1)"));
  CHECK_THROWS_WITH(start(dim3(1, 65536), 1, 0), Contains("grid (1,65536,1)"));
  CHECK_THROWS_WITH(start(0, 1, 0), Contains("grid (0,1,1)"));
  CHECK_THROWS_WITH(start(1, 1, 166913),
                    Contains("166913 bytes of dynamic shared memory, of at most 166912"));
  CHECK_NOTHROW(start(dim3(1, 2, 3), dim3(4, 5, 6), 166912));
}

TEST_CASE("declared shared memory has a limit of its own", "[emulator]") {
  DeviceArray<int> x(std::vector<int>(64), "x"), y(64, "y");
  emulator::options().static_shared = 255;
  CHECK_THROWS_WITH(
      warp_tree(x.data(), y.data(), 64, nullptr),
      Contains("warp_tree_kernel: shared memory 'sums' brings the block to 256 bytes declared"));
  emulator::options() = {};
  CHECK_NOTHROW(warp_tree(x.data(), y.data(), 64, nullptr));
}

TEST_CASE("device memory is lent and taken back", "[emulator]") {
  std::vector<float> memory(64);
  emulator::add_memory(memory.data(), 256);
  CHECK_THROWS_WITH(emulator::add_memory(memory.data() + 63, 8), Contains("overlaps"));
  CHECK_THROWS_WITH(emulator::add_memory(memory.data() + 64, 0), Contains("of 0 bytes"));
  DeviceArray<float> x(std::vector<float>(64), "x");
  CHECK_NOTHROW(vector_add(x.data(), x.data(), memory.data(), 64, nullptr));
  emulator::remove_memory(memory.data());
  CHECK_THROWS_WITH(vector_add(x.data(), x.data(), memory.data(), 64, nullptr),
                    Contains("vector_add_kernel: out of bounds: writes 4 bytes at vector.cu:"));
}

TEST_CASE("kernels race within a launch, never with the one before", "[emulator]") {
  DeviceArray<float> x(std::vector<float>(64, 1.0f), "x"), y(64, "y");
  in_each_order([&] {
    vector_add(x.data(), x.data(), y.data(), 64, nullptr);
    vector_add(y.data(), x.data(), x.data(), 64, nullptr);
  });
  CHECK(x.values()[63] > 1.0f);
}

TEST_CASE("time that runs late starts again, with no complaint and no mistake missed", "[emulator]") {
  DeviceArray<float> x(std::vector<float>(64, 1.0f), "x"), y(64, "y");
  vector_add(x.data(), x.data(), y.data(), 64, nullptr);
  emulator::machine().now = 0xf0000000u;
  CHECK_NOTHROW(vector_add(y.data(), y.data(), x.data(), 64, nullptr));
  CHECK(emulator::machine().now < 100);
  for (const WrongKernel& kernel : wrong_barriers()) CHECK_THAT(fault_of(kernel), Contains(kernel.name));
}
