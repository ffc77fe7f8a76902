// What all optimisers share: their parameters, the state of each, and its names in a checkpoint.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "kernels/optim.h"
#include "nn/module.h"

namespace saddle::nn {

/// Updates parameters in place from the gradients that backward() gathered. Made from
/// `module.named_parameters()`, once the module has its device and dtype, which all parameters share. All
/// state is allocated then, so steps take no memory. A step is one call of a kernel, whatever the number of
/// parameters.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;

  /// One update: launch(prepare()). A parameter without a gradient, and its state, are left as they are. In a
  /// captured step (core/step_graph.h), each replay is the next update of the same parameters.
  void step();

  /// What an update reads besides tensors.
  struct Update {
    std::vector<size_t> parameters;             ///< those that had a gradient, by their order
    std::vector<kernels::StepScalars> scalars;  ///< of each of them
  };
  /// The half of step() on the host: counts an update of each parameter that has a gradient and computes its
  /// numbers from the count and lr().
  Update prepare();
  /// The next update of the same parameters: what repeating a captured launch takes.
  void prepare_next(Update& update);
  /// The half of step() on the device. With `slots`, device memory for update.scalars, the kernel reads those
  /// instead. To capture a step and repeat it:
  ///     capture:  update = optimizer.prepare();  optimizer.launch(update, slots);
  ///     first:    update.scalars -> slots;  run
  ///     then:     optimizer.set_lr(...);  optimizer.prepare_next(update);  update.scalars -> slots;  run ...
  /// which gives the same bits, and the same state(), as as many calls of step(). Throws Error if a parameter
  /// of the update has lost its gradient.
  void launch(const Update& update, const kernels::StepScalars* slots = nullptr);

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
  /// of messages. Throws Error if there are no parameters, two of one name, or several devices or dtypes.
  Optimizer(std::string name, const NamedVariables& parameters, double lr,
            std::vector<std::string> state_names);

  /// Throws UsageError that names the option unless `ok`.
  void check_option(bool ok, const char* option, double value, const char* rule) const;

  /// One parameter's part in a launch. `state` is in the order of the names.
  struct Item {
    Tensor p, g;
    const std::vector<Tensor>& state;
    kernels::Varying<kernels::StepScalars> now;
  };

 private:
  struct Entry {
    std::string name;
    Variable parameter;
    Tensor steps;
    std::vector<Tensor> state;  // as state_names_
  };

  /// The numbers of update number t of a parameter, from 1.
  virtual kernels::StepScalars scalars(int64_t t) const;
  /// Updates all items, of which there is at least one.
  virtual void update(std::span<const Item> items) = 0;

  std::string name_;
  double lr_ = 0;
  std::vector<std::string> state_names_;
  std::vector<Entry> entries_;
};

}  // namespace saddle::nn
