#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "tests/ops/runner.h"
#include "tests/peers/dump.h"

int main(int argc, char** argv) {
  if (argc >= 4 && std::string(argv[1]) == "--dump")
    return saddle::test::dump(argv[2], argv[3], argc > 4 ? argv[4] : "");
  saddle::test::register_op_tests();
  return Catch::Session().run(argc, argv);
}
