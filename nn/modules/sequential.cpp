#include "nn/modules/sequential.h"

#include "nn/modules/activated.h"

namespace saddle::nn {

Sequential& Sequential::push(std::shared_ptr<Module> module) {
  register_module(std::to_string(size()), std::move(module));
  return *this;
}

Module& Sequential::operator[](int64_t i) const {
  require<UsageError>(i >= 0 && i < size(), "sequential: module ", i, " of ", size());
  return *children()[static_cast<size_t>(i)].second;
}

std::shared_ptr<Sequential> Sequential::part(int64_t begin, int64_t end) const {
  require<UsageError>(0 <= begin && begin <= end && end <= size(), "sequential: modules ", begin, " to ", end,
                      " of ", size());
  auto part = sequential();
  for (int64_t i = begin; i < end; ++i) part->push(children()[static_cast<size_t>(i)].second);
  return part;
}

Variable Sequential::forward(const Variable& x) {
  return forward_given(x, {});
}

Variable Sequential::forward_given(const Variable& x, const Variable& given) {
  Variable y = x;
  for (size_t i = 0; i < children().size(); ++i) {
    Module& layer = *children()[i].second;
    auto* const next =
        i + 1 < children().size() ? dynamic_cast<ActivationLayer*>(children()[i + 1].second.get()) : nullptr;
    auto* const fused = next ? dynamic_cast<Activated*>(&layer) : nullptr;
    if (fused && fused->ends_with(next->activation())) {
      y = fused->forward_given_then(y, given, next->activation());
      ++i;
    } else {
      y = layer(y, given);
    }
  }
  return y;
}

}  // namespace saddle::nn
