// Shape: the extents of a tensor, outermost first.
#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <span>
#include <string>

namespace saddle {

/// Up to `max_rank` extents, each >= 0, stored in place. Rank 0 is a scalar: one element.
class Shape {
 public:
  static constexpr int max_rank = 8;

  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : Shape(std::span(dims.begin(), dims.size())) {}
  /// Throws ShapeError for more than max_rank extents, a negative one, or more than 2^62 elements.
  explicit Shape(std::span<const int64_t> dims);

  int rank() const { return rank_; }
  /// Number of elements; 1 for rank 0.
  int64_t numel() const;
  /// Extent of `dim`; negative counts from the end. Throws ShapeError if out of range.
  int64_t operator[](int dim) const { return dims_[axis(dim)]; }
  void set(int dim, int64_t extent) { dims_[axis(dim)] = extent; }
  /// `dim` as a non-negative index. Throws ShapeError if out of range.
  int axis(int dim) const;
  /// Elements between neighbours along `dim` in dense row-major storage.
  int64_t stride(int dim) const;
  void push_back(int64_t extent);

  const int64_t* begin() const { return dims_.data(); }
  const int64_t* end() const { return dims_.data() + rank_; }
  bool operator==(const Shape& other) const;
  /// As in messages: `[16,3,64,64]`.
  std::string str() const;

 private:
  std::array<int64_t, max_rank> dims_{};
  int rank_ = 0;
};

std::ostream& operator<<(std::ostream& out, const Shape& shape);

/// The shape that `a` and `b` broadcast to by NumPy's rules; throws ShapeError that names `op` and both
/// shapes.
Shape broadcast_shape(const char* op, const Shape& a, const Shape& b);

}  // namespace saddle
