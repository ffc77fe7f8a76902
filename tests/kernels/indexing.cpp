// How kernels for GPUs find elements: fast division, and 64-bit indices for large tensors, run on small ones.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>

#include "kernels/cuda/fast_divide.h"
#include "kernels/cuda/pack.h"
#include "tests/ops/record.h"

namespace saddle::kernels {
namespace {

/// Powers of two and their neighbours below 2^bits, and a few others.
std::vector<int64_t> telling_numbers(int bits) {
  std::vector<int64_t> numbers{3, 5, 7, 49, 1000, 641, 6700417};
  for (int i = 0; i < bits; ++i)
    for (const int64_t step : {-1, 0, 1}) numbers.push_back((int64_t{1} << i) + step);
  return numbers;
}

template <class Number>
void check_division(int bits) {
  for (const int64_t d : telling_numbers(bits)) {
    if (d < 1) continue;
    const InvariantDivisor<Number> divisor(d);
    std::vector<int64_t> dividends = telling_numbers(bits);
    const int64_t largest = static_cast<int64_t>((uint64_t{1} << bits) - 1), multiple = largest / d * d;
    dividends.insert(dividends.end(), {largest, multiple, multiple - 1});
    for (const int64_t n : dividends) {
      if (n < 0) continue;
      const auto result = divisor.divide(static_cast<Number>(n));
      if (result.quotient != static_cast<Number>(n / d) || result.remainder != static_cast<Number>(n % d))
        FAIL(n << " / " << d << " is not " << result.quotient << " rest " << result.remainder);
    }
  }
}

TEST_CASE("division by multiplication is exact over the whole range", "[kernels][indexing]") {
  check_division<uint32_t>(31);
  check_division<uint64_t>(63);
  CHECK(FastDivide().quotient(17) == 17);
}

TEST_CASE("the widest unit divides all sizes, offsets and strides", "[kernels][indexing]") {
  CHECK(common_unit({}) == 16);
  CHECK(common_unit({0, 64}) == 16);
  CHECK(common_unit({48, 24}) == 8);
  CHECK(common_unit({16, -4}) == 4);
  CHECK(common_unit({16, 6, 5}) == 1);
}

#ifdef SADDLE_WITH_EMULATION
/// All tensors are large ones, for the scope.
struct Wide {
  int64_t before = wide_from;
  Wide() { wide_from = 0; }
  ~Wide() { wide_from = before; }
};

TEST_CASE("64-bit indices find what 32-bit ones do", "[kernels][indexing]") {
  const Device device{DeviceType::emulated, 0};
  const std::vector<std::string> ops{"add",    "lt",          "expand",       "permute",
                                     "flip",   "concat",      "slice",        "slice_grad",
                                     "gather", "scatter_add", "index_select", "index_add"};
  size_t found = 0;
  for (const test::Record& record : test::op_table()) {
    if (std::find(ops.begin(), ops.end(), record.op) == ops.end()) continue;
    ++found;
    for (const test::Sample& sample : record.samples) {
      INFO(record.op << " " << sample.name);
      const Variables inputs = test::make_inputs(sample, DType::f32, device);
      const Tensor narrow = sample.run(inputs).value();
      const Wide wide;
      dispatch_index(1, [&]<class Index>() { REQUIRE(sizeof(Index) == 8); });
      const Tensor y = sample.run(inputs).value();
      CHECK(std::memcmp(y.raw(), narrow.raw(), y.nbytes()) == 0);
    }
  }
  CHECK(found == ops.size());
}
#endif

}  // namespace
}  // namespace saddle::kernels
