#include "nn/optim/optimizer.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "core/step_graph.h"

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
    const Variable& first = parameters.front().second;
    require<Error>(parameter.dtype() == first.dtype() && parameter.device() == first.device(), name_, ": '",
                   parameter_name, "' is ", parameter.dtype(), " on ", parameter.device(), ", '",
                   parameters.front().first, "' is ", first.dtype(), " on ", first.device());
    Entry entry{parameter_name, parameter, Tensor::zeros({}, DType::i64), {}};
    for (size_t i = 0; i < state_names_.size(); ++i)
      entry.state.push_back(Tensor::zeros(parameter.shape(), parameter.dtype(), parameter.device()));
    entries_.push_back(std::move(entry));
  }
}

void Optimizer::step() {
  const Update update = prepare();
  const std::span<const kernels::StepScalars> now = update.scalars;
  launch(update, StepGraph::varying(entries_.front().parameter.device(), now,
                                    [this, next = update](std::span<kernels::StepScalars> slots) mutable {
                                      prepare_next(next);
                                      std::ranges::copy(next.scalars, slots.begin());
                                    }));
}

Optimizer::Update Optimizer::prepare() {
  Update update;
  for (size_t i = 0; i < entries_.size(); ++i)
    if (entries_[i].parameter.grad().defined()) update.parameters.push_back(i);
  update.scalars.resize(update.parameters.size());
  prepare_next(update);
  return update;
}

void Optimizer::prepare_next(Update& update) {
  int64_t known = 0;  // most parameters are of one age
  kernels::StepScalars newest;
  for (size_t i = 0; i < update.parameters.size(); ++i) {
    const int64_t t = ++*entries_[update.parameters[i]].steps.data<int64_t>();
    if (t != known) newest = scalars(t);
    known = t;
    update.scalars[i] = newest;
  }
}

void Optimizer::launch(const Update& update, const kernels::StepScalars* slots) {
  std::vector<Item> items;
  items.reserve(update.parameters.size());
  for (size_t i = 0; i < update.parameters.size(); ++i) {
    const Entry& entry = entries_[update.parameters[i]];
    const Variable gradient = entry.parameter.grad();
    require<Error>(gradient.defined(), name_, ": '", entry.name, "' has no gradient");
    items.push_back({entry.parameter.value(),
                     gradient.value(),
                     entry.state,
                     {.value = update.scalars[i], .slot = slots ? slots + i : nullptr}});
  }
  if (!items.empty()) this->update(items);
}

kernels::StepScalars Optimizer::scalars(int64_t) const {
  return {.rate = lr_};
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
