// Convolutions and matrix products: bound by arithmetic.
#include <algorithm>

#include "bench/cases.h"
#include "kernels/conv.h"
#include "kernels/matmul.h"

namespace saddle::bench {
namespace {

Call conv_call(ConvKernel kernel, const ConvLayer& layer, Device device) {
  Tensor x = numbers(layer.x(), device), w = numbers(layer.w(), device), y = numbers(layer.y(), device);
  const kernels::Conv2dOptions options = layer.options();
  switch (kernel) {
    case ConvKernel::forward:
      return [=]() mutable { kernels::conv2d(x, w, y, options); };
    case ConvKernel::input_grad:
      return [=]() mutable { kernels::conv2d_input_grad(y, w, x, options); };
    case ConvKernel::weight_grad:
      return [=]() mutable { kernels::conv2d_weight_grad(x, y, w, options); };
  }
  return {};
}

/// Of all networks, each once.
std::vector<ConvLayer> different_layers(const Setting& setting) {
  std::vector<ConvLayer> layers;
  for (const Network& network : setting.networks)
    for (const ConvLayer& layer : network.layers) {
      const auto same = [&](const ConvLayer& other) { return layer.same_call(other); };
      if (std::none_of(layers.begin(), layers.end(), same)) layers.push_back(layer);
    }
  return layers;
}

}  // namespace

Cases conv_cases(const Setting& setting) {
  constexpr std::pair<ConvKernel, const char*> kernels[] = {{ConvKernel::forward, "conv2d"},
                                                            {ConvKernel::input_grad, "conv2d_input_grad"},
                                                            {ConvKernel::weight_grad, "conv2d_weight_grad"}};
  Cases cases;
  for (const ConvLayer& layer : different_layers(setting))
    for (const auto& [kernel, name] : kernels)
      cases.push_back(
          {.kernel = name,
           .shape = layer.str(),
           .operations = layer.operations(),
           .make = [kernel = kernel, layer,
                    device = setting.device] { return conv_call(kernel, layer, device); },
           .peers = [kernel = kernel, layer,
                     setting] { return conv_peers(kernel, layer, setting.device, setting.precision); }});
  return cases;
}

Cases matmul_cases(const Setting& setting) {
  struct Product {
    int64_t m, n, k;
  };
  // Squares, the innermost layers of DCGAN seen as products, the widest of the networks of linear layers, and
  // StyleGAN's mapping.
  const std::vector<Product> large{{256, 256, 256},  {1024, 1024, 1024}, {2048, 2048, 2048}, {128, 8192, 100},
                                   {128, 1024, 512}, {128, 784, 1024},   {8, 512, 512}};
  const std::vector<Product> small{{8, 8, 8}, {3, 17, 5}};
  Cases cases;
  for (const auto& [m, n, k] : setting.scale == Scale::small ? small : large)
    cases.push_back({.kernel = "matmul",
                     .shape = concat(m, "x", k, " x ", k, "x", n),
                     .operations = 2.0 * static_cast<double>(m * n * k),
                     .make =
                         [=, device = setting.device] {
                           return [a = numbers({m, k}, device), b = numbers({k, n}, device),
                                   y = numbers({m, n}, device)]() mutable { kernels::matmul(a, b, y, {}); };
                         },
                     .peers = [=] { return matmul_peers(m, n, k, setting.device, setting.precision); }});
  return cases;
}

}  // namespace saddle::bench
