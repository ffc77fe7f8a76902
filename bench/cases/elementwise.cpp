// One element from the same place of each input, on the networks' largest activations.
#include "kernels/elementwise.h"
#include "bench/cases.h"

namespace saddle::bench {
namespace {

void add_unary(Cases& cases, const char* name, const kernels::Kernel<kernels::Unary>& kernel,
               const Shape& shape, Device device) {
  cases.push_back({.kernel = name, .shape = shape.str(), .bytes = bytes_of({shape, shape}), .make = [=] {
                     return [=, x = numbers(shape, device), y = numbers(shape, device)]() mutable {
                       kernel(x, y, {.a = 0.2, .b = 1});
                     };
                   }});
}

void add_binary(Cases& cases, const char* name, const kernels::Kernel<kernels::Binary>& kernel,
                const Shape& shape, const Shape& second, Device device) {
  cases.push_back({.kernel = name,
                   .shape = shape == second ? shape.str() : concat(shape.str(), " with ", second.str()),
                   .bytes = bytes_of({shape, second, shape}),
                   .make = [=] {
                     return [=, x0 = numbers(shape, device), x1 = numbers(second, device),
                             y = numbers(shape, device)]() mutable { kernel(x0, x1, y, {.a = 0.2}); };
                   }});
}

}  // namespace

Cases elementwise_cases(const Setting& setting) {
  Cases cases;
  const Device device = setting.device;
  for (const Shape& shape : activations(setting)) {
    add_unary(cases, "relu", kernels::relu, shape, device);
    add_unary(cases, "leaky_relu", kernels::leaky_relu, shape, device);
    add_unary(cases, "tanh", kernels::tanh, shape, device);
    add_unary(cases, "exp", kernels::exp, shape, device);
    add_binary(cases, "add", kernels::add, shape, shape, device);
    add_binary(cases, "add", kernels::add, shape, {shape[1], 1, 1}, device);
    add_binary(cases, "mul", kernels::mul, shape, {shape[0], shape[1], 1, 1}, device);
    add_binary(cases, "leaky_relu_grad", kernels::leaky_relu_grad, shape, shape, device);
    add_binary(cases, "tanh_grad", kernels::tanh_grad, shape, shape, device);
  }
  return cases;
}

}  // namespace saddle::bench
