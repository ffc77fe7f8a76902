// How axes of a tensor are walked together.
#pragma once
#include <array>

#include "core/shape.h"

namespace saddle::kernels {

/// Some axes of a tensor, walked together in row-major order.
struct Walk {
  int rank = 0;
  std::array<int64_t, Shape::max_rank> extent{}, stride{};  // innermost first

  int64_t count() const {
    int64_t n = 1;
    for (int i = 0; i < rank; ++i) n *= extent[static_cast<size_t>(i)];
    return n;
  }
  int64_t offset(int64_t index) const {
    int64_t to = 0;
    for (size_t i = 0; i + 1 < static_cast<size_t>(rank); ++i) {
      to += index % extent[i] * stride[i];
      index /= extent[i];
    }
    return rank ? to + index * stride[static_cast<size_t>(rank - 1)] : 0;
  }
  /// Calls f(index, offset(index)) for begin <= index < end in order, without a division for each.
  template <class F>
  void for_each(int64_t begin, int64_t end, F&& f) const {
    std::array<int64_t, Shape::max_rank> at{};
    int64_t rest = begin, to = offset(begin);
    for (size_t i = 0; i < static_cast<size_t>(rank); ++i) {
      at[i] = rest % extent[i];
      rest /= extent[i];
    }
    for (int64_t index = begin; index < end; ++index) {
      f(index, to);
      for (size_t i = 0; i < static_cast<size_t>(rank); ++i) {
        to += stride[i];
        if (++at[i] < extent[i]) break;
        to -= extent[i] * stride[i];
        at[i] = 0;
      }
    }
  }
  void push(int64_t n, int64_t step) {
    extent[static_cast<size_t>(rank)] = n;
    stride[static_cast<size_t>(rank++)] = step;
  }
};

/// Where y[i] = x[sum(i * stride)] over `shape` lies in x, with extents of 1 dropped and neighbouring axes
/// merged wherever x's memory allows it; at least one axis.
inline Walk merged_walk(const Shape& shape, const std::array<int64_t, Shape::max_rank>& stride) {
  Walk walk;
  for (int i = shape.rank() - 1; i >= 0; --i) {
    if (shape[i] == 1) continue;
    const int64_t step = stride[static_cast<size_t>(i)];
    const auto inner = static_cast<size_t>(walk.rank - 1);
    if (walk.rank > 0 && step == walk.stride[inner] * walk.extent[inner])
      walk.extent[inner] *= shape[i];
    else
      walk.push(shape[i], step);
  }
  if (walk.rank == 0) walk.push(1, 1);
  return walk;
}

}  // namespace saddle::kernels
