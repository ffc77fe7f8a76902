#include "nn/modules/sequential.h"

namespace saddle::nn {

Sequential& Sequential::push(std::shared_ptr<Module> module) {
  register_module(std::to_string(size()), std::move(module));
  return *this;
}

Module& Sequential::operator[](int64_t i) const {
  require<UsageError>(i >= 0 && i < size(), "sequential: module ", i, " of ", size());
  return *children()[static_cast<size_t>(i)].second;
}

Variable Sequential::forward(const Variable& x) {
  return forward_given(x, {});
}

Variable Sequential::forward_given(const Variable& x, const Variable& given) {
  Variable y = x;
  for (const auto& [name, child] : children()) y = (*child)(y, given);
  return y;
}

}  // namespace saddle::nn
