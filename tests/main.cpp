#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <iostream>

#include "core/device.h"
#include "core/error.h"
#include "tests/ops/runner.h"
#include "tests/peers/dump.h"

namespace {

/// Whether a GPU can be used; if not, says why.
bool has_gpu() {
  try {
    saddle::parse_device("cuda");
    return true;
  } catch (const saddle::Error& e) {
    std::cout << e.what() << "\n";
    return false;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "--has-gpu") return has_gpu() ? 0 : 1;
  if (argc >= 4 && std::string(argv[1]) == "--dump")
    return saddle::test::dump(argv[2], argv[3], argc > 4 ? argv[4] : "");
  saddle::test::register_op_tests();
  return Catch::Session().run(argc, argv);
}
