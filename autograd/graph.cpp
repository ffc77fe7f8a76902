#include "autograd/graph.h"

#include <algorithm>
#include <atomic>

#include "autograd/grad.h"
#include "autograd/ops/shape.h"
#include "autograd/variable_impl.h"

namespace saddle {
namespace {

std::vector<const char*>& op_names() {
  static std::vector<const char*> names;
  return names;
}

std::atomic<uint64_t> next_id{1};

}  // namespace

Op::Op(const char* name) : name_(name) {
  op_names().push_back(name);
}

ComposedOps::ComposedOps(std::initializer_list<const char*> names) {
  op_names().insert(op_names().end(), names);
}

const std::vector<const char*>& all_ops() {
  return op_names();
}

const Variable& Vjp::input_if_kept(int i) const {
  return node_->kept_[static_cast<size_t>(i)];
}

const Variable& Vjp::input(int i) const {
  const Variable& kept = input_if_kept(i);
  require<Error>(kept.defined(), node_->name(), ": the vjp reads input ", i, ", which the op does not keep");
  return kept;
}

Variable Vjp::output() const {
  require<Error>(node_->output_.defined(), node_->name(),
                 ": the vjp reads the output, which the op does not keep");
  return Node::attach(node_->output_, node_);
}

const Shape& Vjp::shape(int i) const {
  return node_->edges_[static_cast<size_t>(i)].shape;
}

Variable Node::attach(Tensor value, const std::shared_ptr<Node>& node) {
  auto impl = std::make_shared<Variable::Impl>();
  impl->value = std::move(value);
  impl->creator = node;
  return Variable(std::move(impl));
}

Variable record(const Op& op, Tensor value, Variables inputs, const Keep& keep, VjpFunction vjp) {
  const bool wanted = grad_enabled() && std::any_of(inputs.begin(), inputs.end(),
                                                    [](const Variable& v) { return v.requires_grad(); });
  if (!wanted) return Variable(std::move(value));

  auto node = std::make_shared<Node>();
  node->op_ = &op;
  node->id_ = next_id.fetch_add(1, std::memory_order_relaxed);
  uint32_t kept = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    Node::Edge edge;
    if (inputs[i].defined()) {
      edge.shape = inputs[i].shape();
      edge.node = inputs[i].creator();
      if (!edge.node && inputs[i].requires_grad()) edge.leaf = inputs[i];
      if (inputs[i].requires_grad()) kept |= keep.inputs_for[std::min(i, keep.inputs_for.size() - 1)];
    }
    node->edges_.push_back(std::move(edge));
  }
  for (size_t i = 0; i < inputs.size(); ++i)
    node->kept_.push_back(i < 32 && (kept >> i & 1u) ? std::move(inputs[i]) : Variable());
  if (keep.output) node->output_ = value;
  node->vjp_ = std::move(vjp);
  return Node::attach(std::move(value), node);
}

Keep keep_all(int inputs) {
  Keep keep;
  keep.inputs_for.fill((1u << inputs) - 1u);
  return keep;
}

VjpFunction vjp_by_composition(std::function<Variable(const Variables&)> composed) {
  return [composed = std::move(composed)](const Vjp& v) {
    const bool create_graph = grad_enabled();
    // Each input under a name of its own, so that the derivative is partial even if one depends on another.
    Variables aliases, wanted;
    Variable y;
    {
      const GradMode recording(true);
      for (int i = 0; i < v.inputs(); ++i) {
        const Variable& x = v.input_if_kept(i);
        aliases.push_back(!x.defined()   ? x
                          : !v.needs(i)  ? x.detach()
                          : create_graph ? reshape(x, x.shape())
                                         : Variable(x.value(), true));
        if (v.needs(i)) wanted.push_back(aliases.back());
      }
      y = composed(aliases);
    }
    const Variables found =
        grad({y}, wanted, {.grad_outputs = {v.gy}, .create_graph = create_graph, .allow_unused = true});
    Variables gradients(aliases.size());
    for (size_t i = 0, k = 0; i < aliases.size(); ++i)
      if (v.needs(static_cast<int>(i))) gradients[i] = found[k++];
    return gradients;
  };
}

/// A long chain of nodes would otherwise be destroyed by recursion, one stack frame a node.
Node::~Node() {
  std::vector<std::shared_ptr<Node>> orphans;
  const auto adopt = [&](Node& node) {
    node.kept_.clear();
    node.vjp_ = nullptr;
    for (Edge& edge : node.edges_)
      if (edge.node && edge.node.use_count() == 1) orphans.push_back(std::move(edge.node));
  };
  adopt(*this);
  while (!orphans.empty()) {
    const std::shared_ptr<Node> node = std::move(orphans.back());
    orphans.pop_back();
    adopt(*node);
  }
}

void Node::release() {
  kept_.clear();
  output_ = {};
  vjp_ = nullptr;
  released_ = true;
}

}  // namespace saddle
