// What lets a layer and the activation after it be one pass over memory: see Sequential.
#pragma once
#include "autograd/ops/activation.h"
#include "nn/module.h"

namespace saddle::nn {

/// A layer that can end with an activation.
class Activated {
 public:
  virtual ~Activated() = default;

  /// Whether it can end with this one.
  virtual bool ends_with(const Activation& activation) const = 0;
  /// act(forward(x)).
  virtual Variable forward_then(const Variable& x, const Activation& activation) = 0;
  /// act(module(x, given)). Layers that ask for no condition leave it unread.
  virtual Variable forward_given_then(const Variable& x, const Variable& given, const Activation& activation);
};

/// An activation as a module.
class ActivationLayer final : public Module {
 public:
  explicit ActivationLayer(const Activation& activation) : activation_(activation) {}
  const Activation& activation() const { return activation_; }
  Variable forward(const Variable& x) override;

 private:
  Activation activation_;
};

}  // namespace saddle::nn
