#include "nn/module.h"

#include <algorithm>

#include "autograd/ops/elementwise.h"

namespace saddle::nn {

Variable Module::forward_given(const Variable& x, const Variable&) {
  return forward(x);
}

void Module::train(bool on) {
  training_ = on;
  for (const auto& [name, child] : children_) child->train(on);
}

void Module::reset_parameters(Generator& generator) {
  reset(generator);
  for (const auto& [name, child] : children_) child->reset_parameters(generator);
}

void Module::apply(const std::function<void(Module&)>& f) {
  for (const auto& [name, child] : children_) child->apply(f);
  f(*this);
}

void Module::requires_grad_(bool on) {
  for (Variable& parameter : parameters()) parameter.requires_grad_(on);
}

void Module::zero_grad() {
  for (Variable& parameter : parameters()) parameter.zero_grad();
}

void Module::to(Device device) {
  visit("", [&](const std::string&, const Module& module) {
    for (const auto& [name, parameter] : module.parameters_) {
      parameter->zero_grad();
      parameter->set_value(parameter->value().to(device));
    }
    for (const auto& [name, buffer] : module.buffers_) *buffer = buffer->to(device);
  });
}

void Module::to(DType dtype) {
  require(is_float(dtype), "module: parameters cannot be ", dtype);
  visit("", [&](const std::string&, const Module& module) {
    for (const auto& [name, parameter] : module.parameters_)
      *parameter = Variable(cast(parameter->detach(), dtype).value(), parameter->requires_grad());
    for (const auto& [name, buffer] : module.buffers_)
      if (is_float(buffer->dtype())) *buffer = cast(*buffer, dtype).value();
  });
}

Variables Module::parameters() const {
  Variables all;
  visit("", [&](const std::string&, const Module& module) {
    for (const auto& [name, parameter] : module.parameters_) all.push_back(*parameter);
  });
  return all;
}

NamedVariables Module::named_parameters(const std::string& prefix) const {
  NamedVariables all;
  visit(prefix, [&](const std::string& path, const Module& module) {
    for (const auto& [name, parameter] : module.parameters_) all.emplace_back(path + name, *parameter);
  });
  return all;
}

NamedTensors Module::named_buffers(const std::string& prefix) const {
  NamedTensors all;
  visit(prefix, [&](const std::string& path, const Module& module) {
    for (const auto& [name, buffer] : module.buffers_) all.emplace_back(path + name, *buffer);
  });
  return all;
}

Variables Module::exchange_parameters(const Variables& others) {
  Variables before = parameters();
  require<Error>(others.size() == before.size(), "module: ", others.size(), " variables for ", before.size(),
                 " parameters");
  for (size_t i = 0; i < others.size(); ++i)
    require(others[i].shape() == before[i].shape(), "module: ", others[i].shape(),
            " in the place of parameter ", i, " of ", before[i].shape());
  auto next = others.begin();
  visit("", [&](const std::string&, const Module& module) {
    for (const auto& [name, parameter] : module.parameters_) *parameter = *next++;
  });
  return before;
}

NamedTensors Module::state_dict(const std::string& prefix) const {
  NamedTensors all;
  visit(prefix, [&](const std::string& path, const Module& module) {
    for (const auto& [name, parameter] : module.parameters_)
      all.emplace_back(path + name, parameter->value());
    for (const auto& [name, buffer] : module.buffers_) all.emplace_back(path + name, *buffer);
  });
  return all;
}

LoadReport Module::load_state_dict(const NamedTensors& state, Strictness strictness) {
  return load_tensors("load_state_dict", state_dict(), state, strictness);
}

void Module::register_parameter(const std::string& name, Variable& member, const Shape& shape, double value) {
  claim_name(name);
  member = Variable(Tensor::full(shape, value), true);
  parameters_.emplace_back(name, &member);
}

void Module::rename_parameter(const std::string& from, const std::string& to) {
  claim_name(to);
  const auto entry =
      std::ranges::find_if(parameters_, [&](const auto& parameter) { return parameter.first == from; });
  require<Error>(entry != parameters_.end(), "module: there is no parameter '", from, "'");
  Variable* const member = entry->second;
  parameters_.erase(entry);
  parameters_.emplace_back(to, member);
}

void Module::register_buffer(const std::string& name, Tensor& member, Tensor value) {
  claim_name(name);
  member = std::move(value);
  buffers_.emplace_back(name, &member);
}

void Module::add_child(const std::string& name, std::shared_ptr<Module> module) {
  claim_name(name);
  require<Error>(module != nullptr, "module: submodule '", name, "' is null");
  children_.emplace_back(name, std::move(module));
}

void Module::claim_name(const std::string& name) const {
  const auto taken = [&](const auto& entries) {
    return std::any_of(entries.begin(), entries.end(),
                       [&](const auto& entry) { return entry.first == name; });
  };
  require<Error>(!name.empty() && name.find('.') == std::string::npos, "module: '", name,
                 "' is no name: it must not be empty or hold a dot");
  require<Error>(!taken(parameters_) && !taken(buffers_) && !taken(children_), "module: the name '", name,
                 "' is taken");
}

void Module::visit(const std::string& prefix, const Visitor& f) const {
  f(prefix, *this);
  for (const auto& [name, child] : children_) child->visit(prefix + name + ".", f);
}

}  // namespace saddle::nn
