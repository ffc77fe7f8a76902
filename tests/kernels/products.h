// Sums of products as plain references form them, and what kernels may differ from them.
#pragma once
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <vector>

#include "core/random.h"
#include "core/tensor.h"

namespace saddle::test {

/// Values of one operand: small integers, whose sums are exact in any order and in every format, or uniform
/// in
/// [-1, 1].
template <class T>
Tensor product_operand(const Shape& shape, Generator& random, bool integers) {
  std::vector<T> v(static_cast<size_t>(shape.numel()));
  for (T& x : v)
    x = integers ? static_cast<T>(random.below(7)) - 3 : static_cast<T>(random.next()) / T(2147483648.0) - 1;
  return Tensor::from(v, shape);
}

/// A sum of products, and the sum of the magnitudes, which bounds rounding errors.
struct Sum {
  double value = 0, magnitude = 0;
  int64_t terms = 0;
  void add(double a, double b) {
    value += a * b;
    magnitude += std::abs(a * b);
    ++terms;
  }
};
using Sums = std::vector<Sum>;

/// y, which lies on the host, against its reference: equal for integers, else within the rounding of T.
template <class T>
void check_sums(const Tensor& y, const Sums& expected, bool integers) {
  REQUIRE(y.numel() == static_cast<int64_t>(expected.size()));
  const T* p = y.data<T>();
  int64_t wrong = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    const Sum& e = expected[i];
    // Rounding errors of a sum grow with the root of its length on average; 4 of that is beyond chance.
    const double bound = integers ? 0
                                  : 4 * std::sqrt(static_cast<double>(e.terms) + 1) *
                                        static_cast<double>(std::numeric_limits<T>::epsilon()) * e.magnitude;
    wrong += !(std::abs(static_cast<double>(p[i]) - e.value) <= bound);
  }
  CHECK(wrong == 0);
}

}  // namespace saddle::test
