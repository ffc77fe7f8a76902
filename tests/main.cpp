#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "tests/ops/runner.h"

int main(int argc, char** argv) {
  saddle::test::register_op_tests();
  return Catch::Session().run(argc, argv);
}
