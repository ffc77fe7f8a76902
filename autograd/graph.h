// The graph: what an op records, and what its vector-Jacobian product (vjp) is given.
//
// A vjp is written with ops on Variables and never touches a Tensor, so the gradient of a gradient of any
// order comes by itself. Without create_graph the same code runs with recording off.
#pragma once
#include <array>
#include <functional>
#include <string_view>

#include "autograd/variable.h"

namespace saddle {

/// An op's name. Made once for each op, at namespace scope, which lists it for the test that every op has its
/// record in the op table.
class Op {
 public:
  explicit Op(const char* name);
  const char* name() const { return name_; }

 private:
  const char* name_;
};

/// Lists functions that are composed of other ops and record nothing of their own.
struct ComposedOps {
  ComposedOps(std::initializer_list<const char*> names);
};

/// Names of all ops of the files that are linked.
const std::vector<const char*>& all_ops();

/// What a node must keep for its vjp, and no more. `inputs_for[i]` has a bit for each input whose value the
/// gradient of input i reads; it is kept only if that gradient will be wanted.
struct Keep {
  std::array<uint32_t, 8> inputs_for{};
  bool output = false;
};

constexpr uint32_t bit(int input) {
  return 1u << input;
}
inline constexpr Keep keep_nothing{};
inline constexpr Keep keep_output{.output = true};
/// For an op of one input whose gradient reads it.
inline constexpr Keep keep_input{.inputs_for = {bit(0)}};

/// What a vjp sees.
class Vjp {
 public:
  /// Gradient of the output: its shape and dtype. Always defined.
  const Variable& gy;

  /// Whether the gradient of input i is wanted.
  bool needs(int i) const { return needs_[static_cast<size_t>(i)]; }
  /// The value of input i; throws Error if the op did not keep it.
  const Variable& input(int i) const;
  /// The output, with its place in the graph; throws Error if the op did not keep it.
  Variable output() const;
  /// The shape of input i, which is always kept.
  const Shape& shape(int i) const;
  /// How many inputs the op has.
  int inputs() const { return static_cast<int>(needs_.size()); }
  /// As input(i), but undefined where the op has no such input (an absent bias, say) or did not keep it.
  const Variable& input_if_kept(int i) const;

 private:
  friend class Node;
  friend class Walker;
  Vjp(const Variable& grad, const std::shared_ptr<Node>& node, const std::vector<bool>& needs)
      : gy(grad), node_(node), needs_(needs) {}

  const std::shared_ptr<Node>& node_;
  const std::vector<bool>& needs_;
};

/// Returns a gradient for each input; undefined where none is wanted or where it is zero. A gradient may have
/// the shape that the input was broadcast to: the walker sums it back.
using VjpFunction = std::function<Variables(const Vjp&)>;

/// The output of `op` as a variable. Records a node if recording is on and an input requires a gradient; then
/// the values named in `keep` are held until the graph is walked.
Variable record(const Op& op, Tensor value, Variables inputs, const Keep& keep, VjpFunction vjp);

/// The vjp of an op that has an equivalent in plain ops: runs that on the same inputs and differentiates it.
/// For fused kernels; all inputs must be kept (see keep_all).
VjpFunction vjp_by_composition(std::function<Variable(const Variables&)> composed);
/// Every input for every gradient.
Keep keep_all(int inputs);

/// One application of an op.
class Node {
 public:
  ~Node();

  const char* name() const { return op_->name(); }

 private:
  friend class Vjp;
  friend class Walker;
  friend Variable record(const Op&, Tensor, Variables, const Keep&, VjpFunction);

  /// Where an input came from: the node that made it, or a leaf that wants a gradient, or neither.
  struct Edge {
    std::shared_ptr<Node> node;
    Variable leaf;
    Shape shape;

    const void* key() const { return node ? node.get() : leaf.defined() ? leaf.key() : nullptr; }
  };

  static Variable attach(Tensor value, const std::shared_ptr<Node>& node);
  void release();

  const Op* op_ = nullptr;
  uint64_t id_ = 0;  // grows with creation: edges lead to smaller numbers
  std::vector<Edge> edges_;
  Variables kept_;  // undefined where an input is not kept
  Tensor output_;   // undefined unless kept; held without the node, which would own itself
  VjpFunction vjp_;
  bool released_ = false;
};

}  // namespace saddle
