#include "autograd/grad.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "autograd/graph.h"
#include "autograd/ops/elementwise.h"
#include "autograd/ops/reduce.h"

namespace saddle {

/// Walks a graph once, from outputs towards inputs, in the reverse order of creation.
class Walker {
 public:
  Walker(const Variables& outputs, const GradOptions& options) : options_(options) {
    const Variables& seeds = options.grad_outputs;
    require(seeds.empty() || seeds.size() == outputs.size(), "grad: ", outputs.size(), " outputs but ",
            seeds.size(), " grad_outputs");
    for (size_t k = 0; k < outputs.size(); ++k) {
      const Variable& y = outputs[k];
      if (!y.requires_grad()) continue;
      const Variable seed = seeds.empty() ? unit_seed(y) : seeds[k];
      require(seed.shape() == y.shape() && seed.dtype() == y.dtype(), "grad: output ", k, " is ", y.dtype(),
              y.shape(), ", its grad_output ", seed.dtype(), seed.shape());
      add_to(y.key(), seed);
      if (y.is_leaf()) leaves_.emplace(y.key(), y);
      collect(y.creator());
    }
    std::sort(nodes_.begin(), nodes_.end(), [](const auto& a, const auto& b) { return a->id_ < b->id_; });
  }

  /// With targets: only what leads to them. Without: everything that leads to a leaf.
  void run(const std::unordered_set<const void*>* targets) {
    mark(targets);
    const GradMode mode(options_.create_graph);
    for (auto it = nodes_.rbegin(); it != nodes_.rend(); ++it) {
      const std::shared_ptr<Node>& node = *it;
      const auto found = gradients_.find(node.get());
      if (found == gradients_.end()) continue;
      const Variable gy = found->second;
      if (!targets || !targets->contains(node.get())) gradients_.erase(found);
      if (passes_on_.contains(node.get())) step(node, gy);
    }
  }

  /// The gradient gathered for a variable; undefined if none arrived.
  Variable gradient(const void* key) const {
    const auto found = gradients_.find(key);
    return found == gradients_.end() ? Variable() : found->second;
  }
  const std::unordered_map<const void*, Variable>& leaves() const { return leaves_; }

 private:
  static Variable unit_seed(const Variable& y) {
    require(y.numel() == 1, "grad: an output of shape ", y.shape(),
            " needs grad_outputs; only one element has a "
            "gradient by itself");
    return full_like(y, 1.0);
  }

  void collect(const std::shared_ptr<Node>& start) {
    std::vector<std::shared_ptr<Node>> open;
    if (start && seen_.insert(start.get()).second) open.push_back(start);
    while (!open.empty()) {
      const std::shared_ptr<Node> node = std::move(open.back());
      open.pop_back();
      for (const Node::Edge& edge : node->edges_) {
        if (edge.leaf.defined()) leaves_.emplace(edge.leaf.key(), edge.leaf);
        if (edge.node && seen_.insert(edge.node.get()).second) open.push_back(edge.node);
      }
      nodes_.push_back(node);
    }
  }

  /// wanted_: nodes and leaves that are targets or lead to one; passes_on_: nodes with a wanted edge.
  void mark(const std::unordered_set<const void*>* targets) {
    for (const auto& [key, leaf] : leaves_)
      if (!targets || targets->contains(key)) wanted_.insert(key);
    for (const auto& node : nodes_) {  // inputs come before outputs
      const bool leads = std::any_of(node->edges_.begin(), node->edges_.end(),
                                     [&](const Node::Edge& e) { return wanted_.contains(e.key()); });
      if (leads) passes_on_.insert(node.get());
      if (leads || (targets && targets->contains(node.get()))) wanted_.insert(node.get());
    }
  }

  void step(const std::shared_ptr<Node>& node, const Variable& gy) {
    require<Error>(!node->released_, node->name(),
                   ": the graph was freed by an earlier walk; pass retain_graph to walk it again");
    std::vector<bool> needs;
    for (const Node::Edge& edge : node->edges_) needs.push_back(edge.key() && wanted_.contains(edge.key()));
    const Variables gradients = node->vjp_(Vjp(gy, node, needs));
    require<Error>(gradients.size() == needs.size(), node->name(), ": the vjp returned ", gradients.size(),
                   " gradients for ", needs.size(), " inputs");
    for (size_t i = 0; i < gradients.size(); ++i) {
      const Node::Edge& edge = node->edges_[i];
      // An input that was broadcast gets the sum over its copies: here, and nowhere else.
      if (needs[i] && gradients[i].defined()) add_to(edge.key(), sum_to(gradients[i], edge.shape));
    }
    if (!options_.retain_graph && !options_.create_graph) node->release();
  }

  void add_to(const void* key, const Variable& gradient) {
    Variable& sum = gradients_[key];
    sum = sum.defined() ? add(sum, gradient) : gradient;
  }

  const GradOptions& options_;
  std::vector<std::shared_ptr<Node>> nodes_;
  std::unordered_set<const void*> seen_, wanted_, passes_on_;
  std::unordered_map<const void*, Variable> leaves_;
  std::unordered_map<const void*, Variable> gradients_;
};

Variables grad(const Variables& outputs, const Variables& inputs, const GradOptions& options) {
  Walker walker(outputs, options);
  std::unordered_set<const void*> targets;
  for (const Variable& x : inputs) {
    require<Error>(x.requires_grad() || options.allow_unused, "grad: an input of shape ", x.shape(),
                   " does not require a gradient");
    targets.insert(x.key());
  }
  walker.run(&targets);
  Variables gradients;
  for (size_t i = 0; i < inputs.size(); ++i) {
    gradients.push_back(walker.gradient(inputs[i].key()));
    require<Error>(gradients.back().defined() || options.allow_unused, "grad: no output depends on input ", i,
                   " of shape ", inputs[i].shape(), "; pass allow_unused to get an undefined gradient");
  }
  return gradients;
}

void backward(const Variable& output, const GradOptions& options) {
  require<Error>(output.requires_grad(),
                 "backward: the output does not depend on anything that requires a gradient");
  Walker walker({output}, options);
  walker.run(nullptr);
  const GradMode mode(options.create_graph);
  for (auto [key, leaf] : walker.leaves()) {
    const Variable gradient = walker.gradient(key);
    if (gradient.defined()) leaf.set_grad(leaf.grad().defined() ? add(leaf.grad(), gradient) : gradient);
  }
}

}  // namespace saddle
