#include "core/shape.h"

#include <algorithm>
#include <ostream>

#include "core/error.h"

namespace saddle {

Shape::Shape(std::span<const int64_t> dims) {
  require(dims.size() <= max_rank, "shape: rank ", dims.size(), " is above the limit of ", max_rank);
  int64_t total = 1;
  for (int64_t d : dims) {
    require(d >= 0, "shape: extent ", d, " is negative");
    require(d == 0 || total <= (int64_t{1} << 62) / d, "shape: more than 2^62 elements");
    total *= d > 0 ? d : 1;
    dims_[static_cast<size_t>(rank_++)] = d;
  }
}

int64_t Shape::numel() const {
  int64_t n = 1;
  for (int64_t d : *this) n *= d;
  return n;
}

int Shape::axis(int dim) const {
  require(dim >= -rank_ && dim < rank_, "axis ", dim, " is out of range for shape ", *this);
  return dim < 0 ? dim + rank_ : dim;
}

int64_t Shape::stride(int dim) const {
  int64_t n = 1;
  for (int i = axis(dim) + 1; i < rank_; ++i) n *= dims_[static_cast<size_t>(i)];
  return n;
}

void Shape::push_back(int64_t extent) {
  require(rank_ < max_rank, "shape: rank above the limit of ", max_rank);
  require(extent >= 0, "shape: extent ", extent, " is negative");
  dims_[static_cast<size_t>(rank_++)] = extent;
}

bool Shape::operator==(const Shape& other) const {
  return std::equal(begin(), end(), other.begin(), other.end());
}

std::string Shape::str() const {
  return concat(*this);
}

std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  out << '[';
  for (int i = 0; i < shape.rank(); ++i) out << (i ? "," : "") << shape[i];
  return out << ']';
}

Shape broadcast_shape(const char* op, const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  std::array<int64_t, Shape::max_rank> dims{};
  for (int i = 0; i < rank; ++i) {
    const int ia = i - (rank - a.rank()), ib = i - (rank - b.rank());
    const int64_t da = ia < 0 ? 1 : a[ia], db = ib < 0 ? 1 : b[ib];
    require(da == db || da == 1 || db == 1, op, ": shapes ", a, " and ", b, " do not broadcast: axis ", i,
            " has extents ", da, " and ", db);
    dims[static_cast<size_t>(i)] = da == 1 ? db : da;
  }
  return Shape(std::span<const int64_t>(dims.data(), static_cast<size_t>(rank)));
}

}  // namespace saddle
