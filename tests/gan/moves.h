// Images of which it shows how they were moved.
#pragma once
#include <compare>
#include <vector>

#include "core/tensor.h"

namespace saddle::test {

/// Pixels [n, channels, size, size], all of them different and above 0.
inline Tensor numbered(int64_t n, int64_t channels, int64_t size) {
  std::vector<float> values(static_cast<size_t>(n * channels * size * size));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i + 1);
  return Tensor::from(values, {n, channels, size, size});
}

inline float at(const Tensor& x, int64_t n, int64_t c, int64_t row, int64_t column) {
  return x.data<float>()[((n * x.size(1) + c) * x.size(2) + row) * x.size(3) + column];
}

/// Whether image n of y is that of x moved down by `down` and right by `right`, mirrored before it.
inline bool is_moved(const Tensor& x, const Tensor& y, int64_t n, int64_t down, int64_t right,
                     bool mirrored) {
  const int64_t size = x.size(2);
  for (int64_t c = 0; c < x.size(1); ++c)
    for (int64_t row = 0; row < size; ++row)
      for (int64_t column = 0; column < size; ++column) {
        const int64_t r = row - down, k = column - right;
        const bool outside = r < 0 || r >= size || k < 0 || k >= size;
        const float expected = outside ? 0 : at(x, n, c, r, mirrored ? size - 1 - k : k);
        if (at(y, n, c, row, column) != expected) return false;
      }
  return true;
}

struct Move {
  int64_t down, right;
  bool mirrored;
  auto operator<=>(const Move&) const = default;
};

/// How image n of y came from that of x, by up to `longest` pixels.
inline std::vector<Move> moves(const Tensor& x, const Tensor& y, int64_t n, int64_t longest) {
  std::vector<Move> found;
  for (int64_t down = -longest; down <= longest; ++down)
    for (int64_t right = -longest; right <= longest; ++right)
      for (const bool mirrored : {false, true})
        if (is_moved(x, y, n, down, right, mirrored)) found.push_back({down, right, mirrored});
  return found;
}

}  // namespace saddle::test
