// Variable: a tensor plus its place in the graph of operations that made it.
#pragma once
#include <memory>
#include <vector>

#include "core/tensor.h"

namespace saddle {

class Node;
class Variable;
using Variables = std::vector<Variable>;

/// A handle; copies are the same variable. A leaf was given by the caller, any other variable was made by an
/// op. A default-made variable is undefined; as a gradient it stands for zero.
class Variable {
 public:
  Variable() = default;
  /// A leaf. Tensors convert by themselves, as constants. Throws ShapeError if a gradient is asked for a
  /// tensor that is not f32 or f64.
  Variable(Tensor value, bool requires_grad = false);

  bool defined() const { return impl_ != nullptr; }
  const Tensor& value() const;
  const Shape& shape() const { return value().shape(); }
  int64_t size(int dim) const { return shape()[dim]; }
  int rank() const { return shape().rank(); }
  int64_t numel() const { return shape().numel(); }
  DType dtype() const { return value().dtype(); }
  Device device() const { return value().device(); }
  double item() const { return value().item(); }

  /// True if gradients flow to or through this variable.
  bool requires_grad() const;
  /// Leaves only; throws Error for a variable that an op made.
  void requires_grad_(bool on);
  bool is_leaf() const { return creator() == nullptr; }
  /// The same tensor as a constant of its own, cut from the graph.
  Variable detach() const { return Variable(value()); }
  /// Replaces a leaf's tensor (same shape and dtype, any device): how state is loaded. Throws ShapeError.
  void set_value(Tensor value);

  /// What backward() has gathered here; undefined if nothing. Leaves only.
  Variable grad() const;
  void set_grad(Variable grad);
  void zero_grad() { set_grad({}); }

  /// The node that made this variable; nullptr for a leaf.
  const std::shared_ptr<Node>& creator() const;
  /// What identifies this variable in a graph: its creator, or the leaf itself.
  const void* key() const;

 private:
  friend class Node;
  struct Impl;
  explicit Variable(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

  std::shared_ptr<Impl> impl_;
};

/// False inside a NoGrad: ops then record nothing. One flag a thread.
bool grad_enabled();

/// Sets grad_enabled() for its own lifetime.
class GradMode {
 public:
  explicit GradMode(bool enabled);
  ~GradMode();
  GradMode(const GradMode&) = delete;
  GradMode& operator=(const GradMode&) = delete;

 private:
  bool before_;
};

/// `const NoGrad no_grad;` — until the end of the scope, ops make constants.
class NoGrad : public GradMode {
 public:
  NoGrad() : GradMode(false) {}
};

}  // namespace saddle
