#include "core/precision.h"

#include <catch2/catch.hpp>

#include "core/error.h"

using namespace saddle;
using Catch::Contains;

TEST_CASE("precisions have names", "[core][precision]") {
  for (const char* name : {"fp32", "tf32", "bf16"})
    CHECK(std::string(name_of(parse_precision(name))) == name);
  for (const char* name : {"", "fp", "FP32", "fp16"}) CHECK_THROWS_AS(parse_precision(name), UsageError);
  CHECK_THROWS_WITH(parse_precision("fp8"), "precision 'fp8' is not one of fp32, tf32, bf16");
}

TEST_CASE("precision is fp32 until one is set that the device has", "[core][precision]") {
  CHECK(precision() == Precision::fp32);
  CHECK_THROWS_AS(set_precision("tf32", Device{}), UsageError);
  CHECK_THROWS_WITH(set_precision("bf16", Device{}), Contains("on the device cpu there is fp32 alone"));
  CHECK(precision() == Precision::fp32);
  set_precision("bf16", Device{DeviceType::emulated});
  CHECK(precision() == Precision::bf16);
  set_precision("fp32", Device{});
  CHECK(precision() == Precision::fp32);
}
