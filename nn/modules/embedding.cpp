#include "nn/modules/embedding.h"

#include "autograd/ops/index.h"
#include "autograd/ops/shape.h"
#include "nn/init.h"

namespace saddle::nn {

Embedding::Embedding(int64_t num, int64_t dim) {
  require<UsageError>(num > 0 && dim > 0, "embedding: sizes ", num, " and ", dim, " must be positive");
  register_parameter("weight", weight, {num, dim});
}

Variable Embedding::forward(const Variable& indices) {
  Shape shape = indices.shape();
  shape.push_back(weight.size(1));
  return reshape(index_select(used_weight(), 0, reshape(indices, {indices.numel()})), shape);
}

void Embedding::reset(Generator& generator) {
  init::normal_(weight, generator);
  WeightedLayer::reset(generator);
}

}  // namespace saddle::nn
