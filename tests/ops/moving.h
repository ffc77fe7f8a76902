// What the records of ops that move elements share.
#pragma once
#include "tests/ops/record.h"

namespace saddle::test {

/// An element's place, a number an axis.
using Index = std::vector<int64_t>;

inline Index unravel(const Shape& shape, int64_t flat) {
  Index index(static_cast<size_t>(shape.rank()));
  for (int d = shape.rank() - 1; d >= 0; --d) {
    index[static_cast<size_t>(d)] = flat % shape[d];
    flat /= shape[d];
  }
  return index;
}

inline size_t ravel(const Shape& shape, const Index& index) {
  int64_t flat = 0;
  for (int d = 0; d < shape.rank(); ++d) flat = flat * shape[d] + index[static_cast<size_t>(d)];
  return static_cast<size_t>(flat);
}

/// y[i] = x[from(i)].
inline Array gathered(const Array& x, const Shape& shape, const std::function<Index(Index)>& from) {
  Array y(shape);
  for (int64_t i = 0; i < shape.numel(); ++i)
    y.values[static_cast<size_t>(i)] = x.values[ravel(x.shape, from(unravel(shape, i)))];
  return y;
}

/// An input of any element type; those that stand in for no other have no gradient.
inline Input input_of(const Shape& shape, DType dtype = DType::f32) {
  Input input{.shape = shape, .dtype = dtype, .differentiable = dtype == DType::f32};
  if (!is_float(dtype)) input.low = 0, input.high = 255;
  return input;
}

/// A sample of one input that moves as many bytes as it reads and writes; other types than f32 have no
/// gradient.
inline Sample move_sample(const std::string& name, const Shape& from, const Shape& to, DType dtype,
                          bool gradient) {
  Sample s;
  s.name = dtype == DType::f32 ? name : concat(name, " ", dtype);
  s.inputs = {input_of(from, dtype)};
  s.gradient = gradient && dtype == DType::f32;
  s.bytes = static_cast<double>(size_of(dtype)) * static_cast<double>(from.numel() + to.numel());
  return s;
}

}  // namespace saddle::test
