#include "bench/cases.h"

#include <algorithm>

#include "core/random.h"
#include "kernels/random.h"

namespace saddle::bench {

Tensor numbers(const Shape& shape, Device device) {
  Tensor all = Tensor::empty(shape, DType::f32, device);
  if (all.numel() > 0) kernels::uniform(all, -1, 1, Philox{});
  return all;
}

double bytes_of(std::initializer_list<Shape> shapes) {
  double elements = 0;
  for (const Shape& shape : shapes) elements += static_cast<double>(shape.numel());
  return elements * sizeof(float);
}

std::vector<Shape> activations(const Setting& setting) {
  std::vector<Shape> largest;
  for (const Network& network : setting.networks) {
    const auto by_size = [](const ConvLayer& a, const ConvLayer& b) {
      return a.output().numel() < b.output().numel();
    };
    const Shape shape = std::max_element(network.layers.begin(), network.layers.end(), by_size)->output();
    if (std::find(largest.begin(), largest.end(), shape) == largest.end()) largest.push_back(shape);
  }
  return largest;
}

}  // namespace saddle::bench
