#include "nn/optim/optimizer.h"

#include <cmath>
#include <unordered_set>

namespace saddle::nn {

Optimizer::Optimizer(std::string name, const NamedVariables& parameters, double lr,
                     std::vector<std::string> state_names)
    : name_(std::move(name)), state_names_(std::move(state_names)) {
  set_lr(lr);
  require<Error>(!parameters.empty(), name_, ": no parameters to optimise");
  std::unordered_set<std::string> names;
  for (const auto& [parameter_name, parameter] : parameters) {
    require<Error>(names.insert(parameter_name).second, name_, ": two parameters are named '", parameter_name,
                   "'");
    Entry entry{parameter_name, parameter, Tensor::zeros({}, DType::i64), {}};
    for (size_t i = 0; i < state_names_.size(); ++i)
      entry.state.push_back(Tensor::zeros(parameter.shape(), parameter.dtype(), parameter.device()));
    entries_.push_back(std::move(entry));
  }
}

void Optimizer::step() {
  for (Entry& entry : entries_) {
    const Variable gradient = entry.parameter.grad();
    if (!gradient.defined()) continue;
    Tensor p = entry.parameter.value();
    update(p, gradient.value(), entry.state, ++*entry.steps.data<int64_t>());
  }
}

void Optimizer::zero_grad() {
  for (Entry& entry : entries_) entry.parameter.zero_grad();
}

void Optimizer::set_lr(double lr) {
  check_option(std::isfinite(lr) && lr >= 0, "lr", lr, "finite and at least 0");
  lr_ = lr;
}

NamedTensors Optimizer::state() const {
  NamedTensors all;
  for (const Entry& entry : entries_) {
    all.emplace_back("step." + entry.name, entry.steps);
    for (size_t i = 0; i < state_names_.size(); ++i)
      all.emplace_back(state_names_[i] + "." + entry.name, entry.state[i]);
  }
  return all;
}

LoadReport Optimizer::load_state(const NamedTensors& state, Strictness strictness) {
  return load_tensors(name_ + ": load_state", this->state(), state, strictness);
}

void Optimizer::check_option(bool ok, const char* option, double value, const char* rule) const {
  require<UsageError>(ok, name_, ": ", option, " ", value, " is not ", rule);
}

}  // namespace saddle::nn
