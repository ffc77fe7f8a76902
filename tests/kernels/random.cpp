// Random numbers of devices against those of the CPU.
#include "kernels/random.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>

#include "tests/devices.h"

namespace saddle::kernels {
namespace {

constexpr uint64_t seed = 0x0123456789abcdef;

using Fill = std::function<void(Tensor&, Philox)>;

/// check(y, expected) for what the device and the CPU draw, in f32 and f64: whole and broken blocks of four.
template <class Check>
void compare(const Fill& fill, Check&& check) {
  for (const Device device : test::other_devices())
    for (const DType dtype : {DType::f32, DType::f64})
      for (const int64_t n : {1, 4, 7, 1024, 5002}) {
        INFO(device.str() << " " << dtype << " " << n);
        // Blocks on both sides of 2^32.
        const Philox stream{.seed = seed, .offset = 0xffffffff};
        Tensor y = Tensor::empty({n}, dtype, device), expected = Tensor::empty({n}, dtype);
        fill(y, stream);
        fill(expected, stream);
        check(y.to(Device{}), expected);
      }
}

void check_bits(const Fill& fill) {
  compare(fill, [](const Tensor& y, const Tensor& expected) {
    CHECK(std::memcmp(y.raw(), expected.raw(), y.nbytes()) == 0);
  });
}

TEST_CASE("uniform numbers have the same bits on every device", "[kernels][random]") {
  const auto uniform_in = [](double low, double high) -> Fill {
    return [=](Tensor& y, Philox stream) { uniform(y, low, high, stream); };
  };
  check_bits(uniform_in(0, 1));
  check_bits(uniform_in(-0.1, 0.7));
  check_bits(uniform_in(1e6, 1e6 + 1));  // rounds to the upper bound unless it is kept below it
}

TEST_CASE("coin flips have the same bits on every device", "[kernels][random]") {
  for (const double p : {0.0, 0.3, 0.5, 1.0})
    check_bits([=](Tensor& y, Philox stream) { bernoulli(y, p, 1 / 0.3, stream); });
}

TEST_CASE("normal numbers differ by a few units in the last place", "[kernels][random]") {
  compare([](Tensor& y, Philox stream) { normal(y, 0, 1.5, stream); },
          [](const Tensor& y, const Tensor& expected) {
            dispatch_float("normal", y.dtype(), [&]<class T>() {
              // The CPU's angle is rounded in f64.
              const double unit = std::numeric_limits<T>::epsilon(), of_angle = 100 * 0x1p-52;
              for (int64_t i = 0; i < y.numel(); ++i) {
                const double a = y.data<T>()[i], b = expected.data<T>()[i];
                CHECK(std::abs(a - b) <= 6 * unit * std::abs(b) + of_angle);
              }
            });
          });
}

TEST_CASE("a stream moves on by what device memory says", "[kernels][random]") {
  for (const Device device : test::other_devices()) {
    const Tensor moved = Tensor::from(std::vector<int64_t>{5}, {1}, device);
    Tensor y = Tensor::empty({10}, DType::f64, device), expected = Tensor::empty({10}, DType::f64);
    uniform(y, 0, 1, {.seed = seed, .offset = 3, .moved = static_cast<const uint64_t*>(moved.raw())});
    uniform(expected, 0, 1, {.seed = seed, .offset = 8});
    CHECK(y.to_vector<double>() == expected.to_vector<double>());
  }
}

}  // namespace
}  // namespace saddle::kernels
