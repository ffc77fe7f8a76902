// Two extents of an image layer.
#pragma once
#include <array>
#include <cstdint>

namespace saddle::nn {

/// (vertical, horizontal); one number stands for both.
struct Pair {
  int64_t vertical, horizontal;

  constexpr Pair(int64_t both) : vertical(both), horizontal(both) {}
  constexpr Pair(int64_t v, int64_t h) : vertical(v), horizontal(h) {}
  constexpr operator std::array<int64_t, 2>() const { return {vertical, horizontal}; }
};

}  // namespace saddle::nn
