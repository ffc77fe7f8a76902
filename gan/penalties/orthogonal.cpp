#include "gan/penalties/orthogonal.h"

#include "autograd/ops.h"
#include "nn/modules/embedding.h"

namespace saddle {
namespace {

/// Products of all pairs of rows, less those of rows with themselves.
Variable resemblance(const Variable& weight) {
  const Variable w = reshape(weight, {weight.size(0), -1});
  return sum(square(matmul(w, w, {.trans_b = true}))) - sum(square(sum(square(w), {1})));
}

}  // namespace

Variable orthogonal_penalty(nn::Module& network) {
  Variable total;
  network.apply([&](nn::Module& module) {
    const auto* layer = dynamic_cast<nn::WeightedLayer*>(&module);
    if (layer == nullptr || dynamic_cast<nn::Embedding*>(&module) != nullptr) return;
    const Variable one = resemblance(layer->weight);
    total = total.defined() ? total + one : one;
  });
  require<Error>(total.defined(), "orthogonal_penalty: a network without layers");
  return total;
}

}  // namespace saddle
