#include "gan/captured_step.h"

#include <algorithm>

#include "autograd/ops/elementwise.h"

namespace saddle {

std::vector<double> CapturedStep::operator()(const std::vector<Tensor>& inputs, const Work& work) {
  if (!fits(inputs)) forget();
  if (graph_) {
    for (size_t i = 0; i < inputs.size(); ++i) inputs_[i].copy_from(inputs[i]);
    graph_->replay();
  } else {
    inputs_.clear();
    for (const Tensor& input : inputs) inputs_.push_back(input.to(device_));
    const auto run = [&] { numbers_ = work(inputs_); };
    if (captures_ && steps_ >= first_steps)
      graph_.emplace(device_, run);
    else
      run();
  }
  ++steps_;
  return cast(numbers_.to(Device{}), DType::f64).value().to_vector<double>();
}

void CapturedStep::forget() {
  graph_.reset();
  numbers_ = {};
  steps_ = 0;
}

bool CapturedStep::fits(const std::vector<Tensor>& inputs) const {
  return std::ranges::equal(inputs, inputs_, [](const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() && a.dtype() == b.dtype();
  });
}

}  // namespace saddle
