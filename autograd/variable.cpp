#include "autograd/variable.h"

#include "autograd/variable_impl.h"

namespace saddle {

Variable::Variable(Tensor value, bool requires_grad) : impl_(std::make_shared<Impl>()) {
  require(value.defined(), "variable: undefined tensor");
  impl_->value = std::move(value);
  requires_grad_(requires_grad);
}

const Tensor& Variable::value() const {
  require(defined(), "variable: undefined");
  return impl_->value;
}

bool Variable::requires_grad() const {
  return impl_ && (impl_->requires_grad || impl_->creator);
}

void Variable::requires_grad_(bool on) {
  require<Error>(is_leaf(), "requires_grad_: only for leaves; use detach() to cut a variable from its graph");
  require(!on || dtype() == DType::f32 || dtype() == DType::f64, "variable: dtype ", dtype(),
          " cannot have a gradient");
  impl_->requires_grad = on;
}

void Variable::set_value(Tensor value) {
  require<Error>(is_leaf(), "set_value: only for leaves");
  require(value.shape() == shape() && value.dtype() == dtype(), "set_value: ", value.dtype(), value.shape(),
          " does not match ", dtype(), shape());
  impl_->value = std::move(value);
}

Variable Variable::grad() const {
  return impl_ ? impl_->grad : Variable();
}

void Variable::set_grad(Variable grad) {
  require<Error>(is_leaf(), "set_grad: only for leaves");
  require(!grad.defined() || grad.shape() == shape(), "set_grad: gradient ",
          grad.defined() ? grad.shape() : Shape(), " does not match ", shape());
  impl_->grad = std::move(grad);
}

const std::shared_ptr<Node>& Variable::creator() const {
  require(defined(), "variable: undefined");
  return impl_->creator;
}

const void* Variable::key() const {
  return creator() ? static_cast<const void*>(creator().get()) : impl_.get();
}

namespace {
thread_local bool recording = true;
}

bool grad_enabled() {
  return recording;
}

GradMode::GradMode(bool enabled) : before_(recording) {
  recording = enabled;
}

GradMode::~GradMode() {
  recording = before_;
}

}  // namespace saddle
