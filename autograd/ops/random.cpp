#include "autograd/ops/random.h"

#include "autograd/graph.h"
#include "autograd/ops/elementwise.h"
#include "core/step_graph.h"
#include "kernels/random.h"

namespace saddle {
namespace {

const ComposedOps listed{"random_uniform", "random_normal", "dropout"};

/// The place in the stream from which y is drawn; where a step is captured, its replays draw on.
Philox reserve(Generator& random, const Tensor& y) {
  const auto numbers = static_cast<uint64_t>(y.numel());
  Philox stream = random.reserve(numbers);
  const uint64_t captured = stream.offset, here = 0;
  stream.moved = StepGraph::varying(y.device(), std::span(&here, 1), [=, &random](std::span<uint64_t> moved) {
    moved[0] = random.reserve(numbers).offset - captured;
  });
  return stream;
}

}  // namespace

Tensor random_uniform(const Shape& shape, Generator& random, double low, double high,
                      const RandomOptions& options) {
  require(low < high, "random_uniform: low ", low, " is not below high ", high);
  Tensor y = Tensor::empty(shape, options.dtype, options.device);
  kernels::uniform(y, low, high, reserve(random, y));
  return y;
}

Tensor random_normal(const Shape& shape, Generator& random, const RandomOptions& options) {
  Tensor y = Tensor::empty(shape, options.dtype, options.device);
  kernels::normal(y, 0, 1, reserve(random, y));
  return y;
}

Variable dropout(const Variable& x, double p, Generator& random) {
  require(p >= 0 && p < 1, "dropout: p ", p, " is not in [0, 1)");
  Tensor mask = Tensor::like(x.value());
  kernels::bernoulli(mask, 1 - p, 1 / (1 - p), reserve(random, mask));
  return x * mask;
}

}  // namespace saddle
