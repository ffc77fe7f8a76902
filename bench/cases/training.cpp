// Updates of a network's weights, all in one call as a step does it, and random numbers.
#include <memory>

#include "bench/cases.h"
#include "kernels/optim.h"
#include "kernels/random.h"

namespace saddle::bench {
namespace {

/// The weights of a network's convolutions, one by one.
std::vector<Shape> weights_of(const Network& network) {
  std::vector<Shape> weights;
  for (const ConvLayer& layer : network.layers)
    weights.insert(weights.end(), static_cast<size_t>(layer.count), layer.w());
  return weights;
}

/// One entry of an optimiser's call for each weight; `make` fills it from a function that gives new tensors
/// of its shape.
template <class Entry, class Make, class Update>
Case optim_case(const char* name, const Network& network, double moved, Device device, Make make,
                Update update) {
  const std::vector<Shape> weights = weights_of(network);
  Case c{.kernel = name, .shape = concat(network.name, ", ", weights.size(), " weights")};
  for (const Shape& weight : weights) c.bytes += moved * bytes_of({weight});
  c.make = [=] {
    std::vector<Entry> entries;
    for (const Shape& weight : weights) entries.push_back(make([&] { return numbers(weight, device); }));
    return [=]() mutable { update(entries); };
  };
  return c;
}

}  // namespace

Cases optim_cases(const Setting& setting) {
  using namespace kernels;
  constexpr Varying<StepScalars> now{.value = {.rate = 2e-4}};
  Cases cases;
  for (const Network& network : setting.networks) {
    if (network.layers.front().batch > 1 && network.name.starts_with("ResNet"))
      continue;  // the same weights again
    const Device device = setting.device;
    cases.push_back(optim_case<AdamTensors>(
        "adam", network, 7, device,
        [=](auto tensor) {
          // A second moment is not negative.
          const Tensor p = tensor(), v = Tensor::full(p.shape(), 1, DType::f32, device);
          return AdamTensors{.p = p, .g = tensor(), .m = tensor(), .v = v, .now = now};
        },
        [](std::vector<AdamTensors>& all) { adam(all, {}); }));
    cases.push_back(optim_case<SgdTensors>(
        "sgd", network, 5, device,
        [=](auto tensor) { return SgdTensors{.p = tensor(), .g = tensor(), .b = tensor(), .now = now}; },
        [](std::vector<SgdTensors>& all) { sgd(all, {.momentum = 0.9}); }));
    cases.push_back(optim_case<LerpTensors>(
        "lerp", network, 3, device,
        [](auto tensor) { return LerpTensors{.y = tensor(), .x = tensor(), .weight = {.value = 0.001}}; },
        [](std::vector<LerpTensors>& all) { lerp(all); }));
  }
  return cases;
}

Cases random_cases(const Setting& setting) {
  const Shape shape{setting.scale == Scale::small ? int64_t{1000} : int64_t{8} << 20};
  Cases cases;
  const auto add = [&](const char* name, const auto& draw) {
    cases.push_back({.kernel = name, .shape = shape.str(), .bytes = bytes_of({shape}), .make = [=] {
                       return [=, y = numbers(shape, setting.device)]() mutable { draw(y); };
                     }});
  };
  add("uniform", [](Tensor& y) { kernels::uniform(y, -1, 1, Philox{}); });
  add("normal", [](Tensor& y) { kernels::normal(y, 0, 1, Philox{}); });
  add("bernoulli", [](Tensor& y) { kernels::bernoulli(y, 0.5, 2, Philox{}); });
  return cases;
}

}  // namespace saddle::bench
