// A table of learned vectors.
#pragma once
#include "nn/modules/spectral_norm.h"

namespace saddle::nn {

/// Row i of a table, the weight [num, dim], for each number i: indices [..], i64 -> [.., dim]. The gradient
/// of the table is dense.
class Embedding : public WeightedLayer {
 public:
  /// Throws UsageError unless both sizes are positive.
  Embedding(int64_t num, int64_t dim);
  /// Throws ShapeError for other dtypes than i64 and for numbers that are not in [0, num).
  Variable forward(const Variable& indices) override;

 private:
  /// Normal, mean 0, standard deviation 1.
  void reset(Generator& generator) override;
};

inline std::shared_ptr<Embedding> embedding(int64_t num, int64_t dim) {
  return std::make_shared<Embedding>(num, dim);
}

}  // namespace saddle::nn
