// What all optimisers share: their parameters, the state of each, and its names in a checkpoint.
#pragma once
#include <string>
#include <vector>

#include "nn/module.h"

namespace saddle::nn {

/// Updates parameters in place from the gradients that backward() gathered. Made from
/// `module.named_parameters()`, once the module has its device and dtype. All state is allocated then, so
/// steps take no memory.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// One update. A parameter without a gradient, and its state, are left as they are.
  void step();
  /// Drops the gradients.
  void zero_grad();

  double lr() const { return lr_; }
  /// The learning rate from now on; throws UsageError unless it is finite and >= 0.
  void set_lr(double lr);

  /// For each parameter, in their order, `step.<parameter>` (i64: its updates so far) and the tensors that
  /// the optimiser keeps under PyTorch's names (`exp_avg.<parameter>`). The learning rate is no part of it:
  /// it follows from the schedule. The tensors share the optimiser's memory.
  NamedTensors state() const;
  /// As load_tensors.
  LoadReport load_state(const NamedTensors& state, Strictness strictness = Strictness::strict);

 protected:
  /// `state_names`: the tensors kept for each parameter, of its shape, zeros at first. `name` stands in front
  /// of messages. Throws Error if there are no parameters or two of one name.
  Optimizer(std::string name, const NamedVariables& parameters, double lr,
            std::vector<std::string> state_names);

  /// Throws UsageError that names the option unless `ok`.
  void check_option(bool ok, const char* option, double value, const char* rule) const;

 private:
  struct Entry {
    std::string name;
    Variable parameter;
    Tensor steps;
    std::vector<Tensor> state;  // as state_names_
  };

  /// Updates parameter p by gradient g; this is its update number `t`, from 1. `state` is in the order of the
  /// names.
  virtual void update(Tensor& p, const Tensor& g, std::vector<Tensor>& state, int64_t t) = 0;

  std::string name_;
  double lr_ = 0;
  std::vector<std::string> state_names_;
  std::vector<Entry> entries_;
};

}  // namespace saddle::nn
