// Normalisation of the layers that it follows.
#include <algorithm>

#include "bench/cases.h"
#include "kernels/minibatch_stddev.h"
#include "kernels/norm.h"
#include "kernels/pixel_norm.h"

namespace saddle::bench {
namespace {

kernels::NormLayout layout(const Shape& shape, Follows follows) {
  return {.batch = shape[0],
          .channels = shape[1],
          .positions = shape[2] * shape[3],
          .groups = shape[1],
          .over_batch = follows == Follows::batch_norm,
          .eps = 1e-5};
}

struct Operands {
  Operands(const Shape& shape, const kernels::NormLayout& layout, Device device)
      : x(numbers(shape, device)),
        y(numbers(shape, device)),
        gx(numbers(shape, device)),
        weight(numbers({layout.channels * (layout.own_affine ? layout.batch : 1)}, device)),
        bias(numbers(weight.shape(), device)),
        mean(Tensor::zeros({layout.statistics()}, DType::f64, device)),
        var(Tensor::full({layout.statistics()}, 1, DType::f64, device)) {}
  Tensor x, y, gx, weight, bias, mean, var;
};

void add_norm(Cases& cases, const std::string& name, const Shape& shape, const kernels::NormLayout& its,
              Device device) {
  cases.push_back({.kernel = "norm", .shape = name, .bytes = bytes_of({shape, shape}), .make = [=] {
                     return [=, t = Operands(shape, its, device)]() mutable {
                       kernels::norm(t.x, t.weight, t.bias, t.y, t.mean, t.var, its, {});
                     };
                   }});
  cases.push_back(
      {.kernel = "norm_grad", .shape = name, .bytes = bytes_of({shape, shape, shape}), .make = [=] {
         return [=, t = Operands(shape, its, device)]() mutable {
           // Weight and bias stand for their gradients' outputs too: they are as many numbers.
           kernels::norm_grad(t.y, t.x, t.weight, {}, t.mean, t.var, t.gx, t.weight, t.bias, its, {});
         };
       }});
}

/// With weights and biases of each sample's own.
void add_conditional_batch_norm(Cases& cases, const Shape& shape, Device device) {
  kernels::NormLayout its = layout(shape, Follows::batch_norm);
  its.own_affine = true;
  add_norm(cases, concat("conditional batch ", shape), shape, its, device);
}

void add_pixel_norm(Cases& cases, const Shape& shape, Device device) {
  cases.push_back(
      {.kernel = "pixel_norm", .shape = shape.str(), .bytes = bytes_of({shape, shape}), .make = [=] {
         return [=, x = numbers(shape, device), y = numbers(shape, device)]() mutable {
           kernels::pixel_norm(x, y, 1e-8);
         };
       }});
  cases.push_back({.kernel = "pixel_norm_grad",
                   .shape = shape.str(),
                   .bytes = bytes_of({shape, shape, shape}),
                   .make = [=] {
                     return [=, gy = numbers(shape, device), x = numbers(shape, device),
                             gx = numbers(shape, device)]() mutable {
                       kernels::pixel_norm_grad(gy, x, gx, 1e-8);
                     };
                   }});
}

/// In groups of four, one statistic.
void add_minibatch_stddev(Cases& cases, const Shape& shape, Device device) {
  Shape appended = shape;
  appended.set(1, shape[1] + 1);
  const int64_t positions = shape[2] * shape[3];
  const kernels::MinibatchStddevLayout its{
      .size = 4, .groups = shape[0] / 4, .inner = shape[1] * positions, .positions = positions};
  cases.push_back(
      {.kernel = "minibatch_stddev", .shape = shape.str(), .bytes = bytes_of({shape, appended}), .make = [=] {
         return [=, x = numbers(shape, device), y = numbers(appended, device)]() mutable {
           kernels::minibatch_stddev(x, y, its);
         };
       }});
  cases.push_back({.kernel = "minibatch_stddev_grad",
                   .shape = shape.str(),
                   .bytes = bytes_of({appended, shape, shape}),
                   .make = [=] {
                     return [=, gy = numbers(appended, device), x = numbers(shape, device),
                             gx = numbers(shape, device)]() mutable {
                       kernels::minibatch_stddev_grad(gy, x, gx, its);
                     };
                   }});
}

}  // namespace

Cases norm_cases(const Setting& setting) {
  std::vector<std::pair<Shape, Follows>> different;
  for (const Network& network : setting.networks)
    for (const ConvLayer& layer : network.layers)
      if (const std::pair one{layer.output(), layer.follows};
          layer.follows != Follows::nothing &&
          std::find(different.begin(), different.end(), one) == different.end())
        different.push_back(one);

  Cases cases;
  for (const auto& [shape, follows] : different) {
    const std::string name = concat(follows == Follows::batch_norm ? "batch " : "instance ", shape.str());
    add_norm(cases, name, shape, layout(shape, follows), setting.device);
  }
  // SNGAN's generator at 32.
  const bool small = setting.scale == Scale::small;
  add_conditional_batch_norm(cases, small ? Shape{2, 16, 4, 4} : Shape{64, 256, 16, 16}, setting.device);
  // ProGAN's: few channels of large images to many of small ones, and the end of its discriminator.
  const std::vector<Shape> large_shapes{{4, 16, 1024, 1024}, {16, 128, 128, 128}, {16, 512, 16, 16}},
      small_shapes{{1, 16, 64, 64}, {2, 512, 4, 4}};
  for (const Shape& shape : small ? small_shapes : large_shapes) add_pixel_norm(cases, shape, setting.device);
  add_minibatch_stddev(cases, {small ? 4 : 32, 512, 4, 4}, setting.device);
  return cases;
}

}  // namespace saddle::bench
