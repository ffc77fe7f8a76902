// Modules one after another.
#pragma once
#include "nn/module.h"

namespace saddle::nn {

/// Each module takes the output of the one before. Names are positions: `0`, `1`, … A layer that can end with
/// the activation after it (nn/modules/activated.h) does, in one pass over memory; outputs are the same bits.
class Sequential : public Module {
 public:
  Sequential& push(std::shared_ptr<Module> module);
  int64_t size() const { return static_cast<int64_t>(children().size()); }
  /// Throws UsageError if out of range.
  Module& operator[](int64_t i) const;
  /// Modules from `begin` up to `end` as a network that shares them. Throws UsageError if out of range.
  std::shared_ptr<Sequential> part(int64_t begin, int64_t end) const;

  Variable forward(const Variable& x) override;
  Variable forward_given(const Variable& x, const Variable& given) override;
};

template <class... Modules>
std::shared_ptr<Sequential> sequential(const std::shared_ptr<Modules>&... modules) {
  auto all = std::make_shared<Sequential>();
  (all->push(modules), ...);
  return all;
}

/// A function without state as a module.
class Apply : public Module {
 public:
  using Function = std::function<Variable(const Variable&)>;
  explicit Apply(Function function) : function_(std::move(function)) {}
  Variable forward(const Variable& x) override { return function_(x); }

 private:
  Function function_;
};

inline std::shared_ptr<Module> apply(Apply::Function function) {
  return std::make_shared<Apply>(std::move(function));
}

}  // namespace saddle::nn
