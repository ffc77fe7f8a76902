// Integers as files hold them: of fixed width, little- or big-endian, at any alignment.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace saddle {

using Bytes = std::vector<uint8_t>;
using ByteSpan = std::span<const uint8_t>;

// Tensor data is read and written as it lies in memory; every format here that holds more than bytes is
// little-endian.
static_assert(std::endian::native == std::endian::little);

/// The little-endian T at `p`.
template <class T>
T load_le(const uint8_t* p) {
  T value = 0;
  for (size_t i = sizeof(T); i-- > 0;) value = static_cast<T>(uint64_t{value} << 8 | p[i]);
  return value;
}

/// The big-endian T at `p`.
template <class T>
T load_be(const uint8_t* p) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(uint64_t{value} << 8 | p[i]);
  return value;
}

/// Appends `value`, little-endian.
template <class T>
void append_le(Bytes& out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<uint8_t>(uint64_t{value} >> 8 * i));
}

}  // namespace saddle
