// Sixteen bytes at a time, the widest access that a GPU has.
#pragma once
#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include "kernels/gpu/gpu.h"

namespace saddle::kernels {

/// Elements that are loaded and stored as one: n * sizeof(T) is a power of two and at most 16. Tensors begin
/// at multiples of 16 bytes, so those of a dense row are aligned if its length is a multiple of n.
template <class T, int n>
struct alignas(sizeof(T) * n) Pack {
  T lane[n];
};

/// Elements in 16 bytes, of the largest of several types.
template <class... T>
constexpr int pack_width = static_cast<int>(16 / std::max({sizeof(T)...}));

/// The largest of 1, 2, 4, 8 and 16 that divides all of these numbers of bytes.
inline int64_t common_unit(std::initializer_list<int64_t> bytes) {
  int64_t bits = 16;
  for (const int64_t b : bytes) bits |= b;
  return bits & -bits;
}

/// Calls f.operator()<Unit>() with a type of that many bytes.
template <class F>
void dispatch_unit(int64_t bytes, F&& f) {
  if (bytes == 16) return f.template operator()<uint4>();
  if (bytes == 8) return f.template operator()<uint64_t>();
  if (bytes == 4) return f.template operator()<uint32_t>();
  if (bytes == 2) return f.template operator()<uint16_t>();
  f.template operator()<uint8_t>();
}

/// Tensors of fewer elements than this are indexed in 32 bits, larger ones in 64. Tests lower it, to run the
/// kernels of large tensors on small ones.
inline int64_t wide_from = int64_t{1} << 31;

/// Calls f.operator()<Index>() with an unsigned type for places in tensors of `elements`.
template <class F>
void dispatch_index(int64_t elements, F&& f) {
  if (elements < wide_from) return f.template operator()<uint32_t>();
  f.template operator()<uint64_t>();
}

}  // namespace saddle::kernels
