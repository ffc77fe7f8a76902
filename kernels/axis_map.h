// How the positions of one axis of an image read those of another.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace saddle::kernels {

/// A sparse matrix: output i is the sum of weight * source over its taps. Interpolation, average pooling and
/// padding are such maps, one for the rows and one for the columns of an image, and so are their adjoints.
class AxisMap {
 public:
  struct Tap {
    int64_t source;
    double weight;
  };

  /// A map from that many sources to no outputs yet.
  explicit AxisMap(int64_t sources) : sources_(sources) {}

  /// Adds an output, which may have no taps. Those of weight 0 are dropped: 0 times infinity would be NaN.
  void push(std::span<const Tap> taps);
  void push(std::initializer_list<Tap> taps) { push(std::span(taps.begin(), taps.size())); }

  int64_t sources() const { return sources_; }
  int64_t outputs() const { return static_cast<int64_t>(begin_.size()) - 1; }
  std::span<const Tap> operator[](int64_t output) const;
  /// Whether two outputs are the same sum.
  bool same(int64_t output0, int64_t output1) const;
  /// The adjoint: its outputs are the sources, each the sum over the outputs that read it, in order.
  AxisMap transposed() const;
  /// The map of whole planes, row-major, with this map for the rows and that one for the columns.
  AxisMap times(const AxisMap& columns) const;

 private:
  int64_t sources_;
  std::vector<int64_t> begin_{0};  // output i has the taps [begin_[i], begin_[i + 1])
  std::vector<Tap> taps_;
};

}  // namespace saddle::kernels
