// The device's part of a game's step, which on a GPU is captured once and replayed (core/step_graph.h).
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "core/step_graph.h"
#include "core/tensor.h"

namespace saddle {

class CapturedStep {
 public:
  /// What a step does on the device: from its inputs there to the numbers that it reports, one tensor. It
  /// follows the rules of StepGraph: in particular, nothing in it reads back from the device.
  using Work = std::function<Tensor(const std::vector<Tensor>& inputs)>;

  /// Without `capture`, and on the CPU, every step is run as it stands.
  CapturedStep(Device device, bool capture)
      : device_(device), captures_(capture && StepGraph::available(device)) {}

  /// One step: gives the numbers, as they lie in memory. `inputs` lie on the host. The first steps on inputs
  /// of these shapes run as they stand, and leave behind all memory and tables that steps need; the next is
  /// captured.
  std::vector<double> operator()(const std::vector<Tensor>& inputs, const Work& work);

  /// The next steps run as they stand and are captured anew: after a change of what the work does.
  void forget();

 private:
  static constexpr int first_steps = 2;

  bool fits(const std::vector<Tensor>& inputs) const;

  Device device_;
  bool captures_;
  int steps_ = 0;  // on inputs of these shapes
  std::vector<Tensor> inputs_;
  Tensor numbers_;
  std::optional<StepGraph> graph_;
};

}  // namespace saddle
