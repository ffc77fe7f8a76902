// Normalisation of the layers that it follows.
#include <algorithm>

#include "bench/cases.h"
#include "kernels/norm.h"

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
        weight(numbers({layout.channels}, device)),
        bias(numbers({layout.channels}, device)),
        mean(Tensor::zeros({layout.statistics()}, DType::f64, device)),
        var(Tensor::full({layout.statistics()}, 1, DType::f64, device)) {}
  Tensor x, y, gx, weight, bias, mean, var;
};

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
    const auto make_call = [=, shape = shape, follows = follows, device = setting.device](bool forward) {
      const kernels::NormLayout its = layout(shape, follows);
      return [=, t = Operands(shape, its, device)]() mutable {
        if (forward)
          kernels::norm(t.x, t.weight, t.bias, t.y, t.mean, t.var, its, {});
        else  // weight and bias stand for their gradients' outputs too: all are `channels` numbers
          kernels::norm_grad(t.y, t.x, t.weight, {}, t.mean, t.var, t.gx, t.weight, t.bias, its, {});
      };
    };
    cases.push_back({.kernel = "norm", .shape = name, .bytes = bytes_of({shape, shape}), .make = [=] {
                       return make_call(true);
                     }});
    cases.push_back(
        {.kernel = "norm_grad", .shape = name, .bytes = bytes_of({shape, shape, shape}), .make = [=] {
           return make_call(false);
         }});
  }
  return cases;
}

}  // namespace saddle::bench
