#include "nn/modules/dropout.h"

#include "autograd/ops/random.h"

namespace saddle::nn {

Dropout::Dropout(double p, Generator& generator) : p_(p), generator_(generator) {
  require<UsageError>(p >= 0 && p < 1, "dropout: p ", p, " is not in [0, 1)");
}

Variable Dropout::forward(const Variable& x) {
  return is_training() ? saddle::dropout(x, p_, generator_) : x;
}

}  // namespace saddle::nn
