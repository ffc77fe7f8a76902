#include "core/tensor.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "core/device_runtime.h"

using namespace saddle;
using Catch::Contains;

TEST_CASE("tensors share, reshape and copy", "[core]") {
  Tensor a = Tensor::from<float>({1, 2, 3, 4, 5, 6}, {2, 3});
  Tensor b = a.reshape({3, -1});
  CHECK(b.shape() == Shape{3, 2});
  CHECK(b.shares_memory_with(a));
  b.data<float>()[0] = 9;
  CHECK(a.to_vector<float>() == std::vector<float>{9, 2, 3, 4, 5, 6});
  const Tensor c = a.clone();
  CHECK_FALSE(c.shares_memory_with(a));
  CHECK(c.to_vector<float>() == a.to_vector<float>());
  CHECK(Tensor::full({}, 2.5, DType::f64).item() == 2.5);
  CHECK(Tensor::zeros({3}, DType::i64).to_vector<int64_t>() == std::vector<int64_t>{0, 0, 0});
}

TEST_CASE("tensors refuse misuse", "[core]") {
  Tensor a = Tensor::zeros({2, 3});
  CHECK_THROWS_WITH(a.data<double>(), Contains("holds f32, asked for as f64"));
  CHECK_THROWS_WITH(a.reshape({4, 2}),
                    Contains("reshape: shape [2,3] has 6 elements, the new shape [4,2] has 8"));
  CHECK_THROWS_WITH(a.reshape({-1, -1}), Contains("more than one extent is -1"));
  CHECK_THROWS_WITH(a.item(), Contains("exactly one element, shape is [2,3]"));
  CHECK_THROWS_WITH(Tensor().raw(), Contains("undefined"));
  CHECK_THROWS_WITH(a.copy_from(Tensor::zeros({3, 2})), Contains("source f32[3,2] does not match"));
  CHECK_THROWS_WITH(Tensor::from<float>({1, 2}, {3}), Contains("2 values do not fill shape [3]"));
}

TEST_CASE("bf16 rounds to nearest even and keeps NaN", "[core]") {
  CHECK(static_cast<float>(bf16(1.0f)) == 1.0f);
  CHECK(static_cast<float>(bf16(1.00390625f)) == 1.0f);       // halfway, down to even
  CHECK(static_cast<float>(bf16(1.01171875f)) == 1.015625f);  // halfway, up to even
  CHECK(static_cast<float>(bf16(3.4e38f)) == std::numeric_limits<float>::infinity());
  CHECK(std::isnan(static_cast<float>(bf16(std::numeric_limits<float>::quiet_NaN()))));
}

TEST_CASE("devices are parsed, and missing ones named", "[core]") {
  CHECK(parse_device("cpu") == Device{});
  CHECK_THROWS_WITH(parse_device("gpu"), Contains("'gpu' is not one of"));
  CHECK_THROWS_AS(parse_device("cuda:x"), UsageError);

  // What there is depends on the build and the machine; no machine has a GPU of this number.
  DeviceRuntime* const gpus = runtime(DeviceType::cuda);
  const std::string problem =
      gpus ? ": " + gpus->problem(999) : " is not part of this build; use --device cpu";
  CHECK_THROWS_WITH(parse_device("cuda:999"), "device cuda:999" + problem);
  const bool usable = gpus && gpus->problem(0).empty();
  CHECK(parse_device("auto") == (usable ? Device{DeviceType::cuda} : Device{}));
  if (gpus) CHECK_FALSE(gpus->problem(999).empty());
}
