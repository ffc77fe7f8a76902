// Element types. f32 is the working type, f64 that of gradient checks, bf16 a storage type, u8 and i64 hold
// pixels, masks, labels and indices.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iosfwd>

#include "core/error.h"

namespace saddle {

enum class DType : uint8_t { f32, f64, bf16, u8, i64 };

/// The upper half of an f32; conversion rounds to nearest even, NaN stays NaN.
struct bf16 {
  uint16_t bits = 0;

  bf16() = default;
  explicit bf16(float value) {
    const auto u = std::bit_cast<uint32_t>(value);
    const bool nan = (u & 0x7fffffffu) > 0x7f800000u;
    bits = static_cast<uint16_t>((nan ? u | 0x400000u : u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
  }
  explicit operator float() const { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }
};

template <class T>
struct dtype_of_type;
template <>
struct dtype_of_type<float> {
  static constexpr DType value = DType::f32;
};
template <>
struct dtype_of_type<double> {
  static constexpr DType value = DType::f64;
};
template <>
struct dtype_of_type<bf16> {
  static constexpr DType value = DType::bf16;
};
template <>
struct dtype_of_type<uint8_t> {
  static constexpr DType value = DType::u8;
};
template <>
struct dtype_of_type<int64_t> {
  static constexpr DType value = DType::i64;
};
/// The DType of a C++ element type.
template <class T>
inline constexpr DType dtype_of = dtype_of_type<T>::value;

/// Bytes of one element.
constexpr size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return 4;
    case DType::f64:
      return 8;
    case DType::bf16:
      return 2;
    case DType::u8:
      return 1;
    case DType::i64:
      return 8;
  }
  return 0;
}

constexpr bool is_float(DType dtype) {
  return dtype == DType::f32 || dtype == DType::f64 || dtype == DType::bf16;
}

/// `f32`, `f64`, `bf16`, `u8`, `i64`.
const char* name_of(DType dtype);
std::ostream& operator<<(std::ostream& out, DType dtype);

/// Calls `f.template operator()<T>()` with T = float or double; throws ShapeError naming `op` for other
/// dtypes.
template <class F>
decltype(auto) dispatch_float(const char* op, DType dtype, F&& f) {
  if (dtype == DType::f32) return f.template operator()<float>();
  if (dtype == DType::f64) return f.template operator()<double>();
  throw ShapeError(concat(op, ": dtype ", dtype, " is not f32 or f64"));
}

/// As dispatch_float, for all five dtypes.
template <class F>
decltype(auto) dispatch_any(DType dtype, F&& f) {
  switch (dtype) {
    case DType::f32:
      return f.template operator()<float>();
    case DType::f64:
      return f.template operator()<double>();
    case DType::bf16:
      return f.template operator()<bf16>();
    case DType::u8:
      return f.template operator()<uint8_t>();
    case DType::i64:
      return f.template operator()<int64_t>();
  }
  throw Error("dtype: not one of the known element types");
}

}  // namespace saddle
