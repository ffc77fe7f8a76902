#include "bench/workloads/workloads.h"

#include <optional>

#include "autograd/grad.h"
#include "autograd/ops.h"
#include "core/step_graph.h"
#include "gan/networks/init.h"

namespace saddle::bench {

Tensor random_images(const Workload& workload, Generator& random, Device device) {
  return random_uniform({workload.batch, 3, workload.size, workload.size}, random, -1, 1, {.device = device});
}

std::function<void()> maybe_captured(std::function<void()> step, const Workload& workload, Device device) {
  if (!workload.graph) return step;
  struct Captured {
    int calls = 0;
    std::optional<StepGraph> graph;
  };
  return [=, captured = std::make_shared<Captured>()] {
    if (captured->graph)
      captured->graph->replay();
    else if (captured->calls++ < 2)
      step();
    else
      captured->graph.emplace(device, step);
  };
}

void prepare(std::initializer_list<nn::Module*> networks, Generator& random, Device device) {
  for (nn::Module* network : networks) {
    init_normal(*network, random);
    network->to(device);
  }
}

nn::NamedVariables parameters(const nn::Module& a, const nn::Module& b) {
  nn::NamedVariables all = a.named_parameters("a.");
  for (auto& named : b.named_parameters("b.")) all.push_back(std::move(named));
  return all;
}

void minimise(nn::Optimizer& optimizer, const Variable& loss) {
  backward(loss);
  optimizer.step();
  optimizer.zero_grad();
}

Variable l1(const Variable& x, const Variable& y) {
  return mean(abs(x - y));
}

Variable squared_error(const Variable& x, double target) {
  return mean(square(x - target));
}

}  // namespace saddle::bench
