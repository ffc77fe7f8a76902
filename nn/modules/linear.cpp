#include "nn/modules/linear.h"

#include "autograd/ops/matmul.h"
#include "nn/init.h"

namespace saddle::nn {

Linear::Linear(int64_t in, int64_t out, LinearOptions options) {
  require<UsageError>(in > 0 && out > 0, "linear: sizes ", in, " and ", out, " must be positive");
  register_parameter("weight", weight, {out, in});
  if (options.bias) register_parameter("bias", bias, {out});
}

Variable Linear::forward_then(const Variable& x, const Activation& activation) {
  return saddle::linear(x, used_weight(), bias, activation);
}

void Linear::reset(Generator& generator) {
  init::default_(weight, bias, generator);
  WeightedLayer::reset(generator);
}

}  // namespace saddle::nn
