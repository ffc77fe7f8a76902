// Division by a number that is fixed for a launch: a multiplication and a shift, a handful of instructions
// where a division takes dozens. Granlund and Montgomery, "Division by invariant integers using
// multiplication", 1994.
#pragma once
#include <type_traits>

#include "kernels/gpu/gpu.h"

namespace saddle::kernels {

/// Divides numbers below 2^31 (uint32_t) or 2^63 (uint64_t) by one of 1 to 2^31 or 2^63. Made on the host, by
/// default for 1; a kernel takes it as an argument, alone or in a struct.
template <class Number>
class InvariantDivisor {
 public:
  struct Result {
    Number quotient, remainder;
  };

  InvariantDivisor() = default;
  explicit InvariantDivisor(int64_t divisor) : divisor_(static_cast<Number>(divisor)) {
    while (Number{1} << shift_ < divisor_) ++shift_;
    const auto excess = static_cast<Twice>((Number{1} << shift_) - divisor_);
    multiplier_ = static_cast<Number>((excess << bits) / divisor_ + 1);
  }

  __host__ __device__ __forceinline__ Number divisor() const { return divisor_; }
  __host__ __device__ __forceinline__ Number quotient(Number n) const {
    return static_cast<Number>(static_cast<Number>(static_cast<Twice>(n) * multiplier_ >> bits) + n) >>
           shift_;
  }
  __host__ __device__ __forceinline__ Result divide(Number n) const {
    const Number q = quotient(n);
    return {q, n - q * divisor_};
  }

 private:
  static constexpr int bits = 8 * sizeof(Number);
  __extension__ using Wide = unsigned __int128;
  using Twice = std::conditional_t<bits == 32, uint64_t, Wide>;

  Number divisor_ = 1, multiplier_ = 1;
  int shift_ = 0;
};

using FastDivide = InvariantDivisor<uint32_t>;
using FastDivide64 = InvariantDivisor<uint64_t>;

}  // namespace saddle::kernels
