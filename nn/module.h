// Module: a function with parameters. Networks are trees of modules; names of parameters and buffers, and
// their order, are those of PyTorch's state_dict.
//
// A module declares its parameters as members and registers them in its constructor:
//
//   class Scale : public Module {
//    public:
//     explicit Scale(int64_t channels) { register_parameter("weight", weight, {channels}); }
//     Variable forward(const Variable& x) override { return x * weight; }
//     Variable weight;
//
//    private:
//     void reset(Generator&) override { init::ones_(weight); }
//   };
//
// Modules are made by functions of the same name in snake_case and held by shared_ptr, so that a network
// reads like the table in its paper:
//
//   auto net = sequential(conv2d(3, 64, 4, {.stride = 2, .padding = 1}), leaky_relu(0.2), flatten(),
//                         linear(64 * 16 * 16, 1));
//   net->reset_parameters(generator);
#pragma once
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "autograd/variable.h"
#include "core/named_tensors.h"
#include "core/random.h"
#include "nn/state_dict.h"

namespace saddle::nn {

using NamedVariables = std::vector<std::pair<std::string, Variable>>;

class Module {
 public:
  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  virtual ~Module() = default;

  virtual Variable forward(const Variable& x) = 0;
  Variable operator()(const Variable& x) { return forward(x); }

  /// forward(x) under a condition, one for each sample: for a network its class, `given` i64 [N]. Modules
  /// that ask for none leave it unread; those made of others pass it on.
  virtual Variable forward_given(const Variable& x, const Variable& given);
  /// Undefined: without a condition.
  Variable operator()(const Variable& x, const Variable& given) {
    return given.defined() ? forward_given(x, given) : forward(x);
  }

  /// Training or evaluation, here and below: batch norm and dropout behave differently. Modules start in
  /// training.
  void train(bool on = true);
  void eval() { train(false); }
  bool is_training() const { return training_; }

  /// Draws all parameters anew by each layer's own rule, PyTorch's default, and resets running statistics.
  /// Until this, an initialiser of nn/init.h or load_state_dict gives them values, weights are NaN: a network
  /// that was never initialised shows at its first step.
  void reset_parameters(Generator& generator);
  /// Calls f on all modules below, then on this one.
  void apply(const std::function<void(Module&)>& f);

  /// Of all parameters. A frozen network passes gradients on to its input but computes none for its weights.
  void requires_grad_(bool on);
  void zero_grad();

  /// Moves parameters and buffers. Gradients are dropped.
  void to(Device device);
  /// Converts parameters and buffers that are floats. Parameters become new variables, so an optimiser is
  /// made after this, not before.
  void to(DType dtype);

  /// In the order of registration, a module's own before those of its submodules; names are joined with dots.
  Variables parameters() const;
  NamedVariables named_parameters(const std::string& prefix = "") const;
  NamedTensors named_buffers(const std::string& prefix = "") const;
  /// Puts other variables in the places of the parameters, in the order of parameters(), and gives those that
  /// stood there: what nn/substituted.h does for a while. Throws Error for another number of them, ShapeError
  /// for other shapes.
  Variables exchange_parameters(const Variables& others);

  /// Parameters and buffers in PyTorch's order, each name with `prefix` in front (`generator.`). The tensors
  /// share the module's memory: clone what is to outlast the next training step.
  NamedTensors state_dict(const std::string& prefix = "") const;
  /// As load_tensors.
  LoadReport load_state_dict(const NamedTensors& state, Strictness strictness = Strictness::strict);

 protected:
  /// Registers a member of this module as a parameter of that shape, filled with `value`. Names must be new
  /// and hold no dots; throws Error.
  void register_parameter(const std::string& name, Variable& member, const Shape& shape,
                          double value = std::numeric_limits<double>::quiet_NaN());
  /// Gives a parameter another name, behind all others of this module. Throws Error as registering does, and
  /// where there is none of that name.
  void rename_parameter(const std::string& from, const std::string& to);
  /// Registers a member as a buffer: state that is saved but not trained.
  void register_buffer(const std::string& name, Tensor& member, Tensor value);
  /// Registers a submodule and returns it.
  template <class M>
  std::shared_ptr<M> register_module(const std::string& name, std::shared_ptr<M> module) {
    add_child(name, module);
    return module;
  }
  const std::vector<std::pair<std::string, std::shared_ptr<Module>>>& children() const { return children_; }

 private:
  using Visitor = std::function<void(const std::string& prefix, const Module& module)>;

  /// Gives this module's own parameters and buffers their initial values.
  virtual void reset(Generator&) {}

  void add_child(const std::string& name, std::shared_ptr<Module> module);
  void claim_name(const std::string& name) const;
  /// This module, then those below, each with what stands before its names.
  void visit(const std::string& prefix, const Visitor& f) const;

  // Pointers to members of the derived class, which is why modules are neither copied nor moved.
  std::vector<std::pair<std::string, Variable*>> parameters_;
  std::vector<std::pair<std::string, Tensor*>> buffers_;
  std::vector<std::pair<std::string, std::shared_ptr<Module>>> children_;
  bool training_ = true;
};

}  // namespace saddle::nn
