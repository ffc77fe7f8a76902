#include "gan/networks/heads.h"

#include "autograd/ops.h"

namespace saddle {

Heads::Heads(std::shared_ptr<nn::Module> trunk, const std::vector<std::shared_ptr<nn::Module>>& heads)
    : trunk_(register_module("trunk", std::move(trunk))),
      heads_(register_module("heads", std::make_shared<nn::Sequential>())) {
  for (const auto& head : heads) heads_->push(head);
}

Variable Heads::forward(const Variable& x) {
  const Variable features = (*trunk_)(x);
  Variables answers;
  for (int64_t i = 0; i < heads_->size(); ++i) answers.push_back((*heads_)[i](features));
  return concat(answers, 1);
}

std::shared_ptr<nn::Module> real_if_of_a_class() {
  return nn::apply([](const Variable& logits) {
    const Variable greatest = amax(logits, {1}, true).detach();
    const Variable real = log(sum(exp(logits - greatest), {1}, true)) + greatest;
    return concat({real, logits}, 1);
  });
}

}  // namespace saddle
