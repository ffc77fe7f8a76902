#include "bench/kernels.h"

#include <cstdio>
#include <functional>
#include <vector>

#include "bench/ceilings.h"
#include "bench/timing.h"
#include "core/error.h"
#include "core/tensor.h"
#include "kernels/conv.h"
#include "kernels/elementwise.h"
#include "kernels/matmul.h"
#include "kernels/optim.h"
#include "kernels/reduce.h"

namespace saddle::bench {
namespace {

/// One call of a kernel. It is bound by arithmetic if it says how many operations it does, else by the bytes
/// that it moves.
struct Case {
  std::string name;
  double operations, bytes;
  std::function<std::function<void()>()> make;  ///< allocates what the call needs, and gives the call
};
using Cases = std::vector<Case>;

Tensor numbers(const Shape& shape) {
  return Tensor::full(shape, 0.5);
}

constexpr int64_t batch = 64;

/// A layer of DCGAN at 64x64 as the convolution that it is, or whose transpose it is. All kernels are 4x4.
struct Layer {
  const char* name;
  int64_t in, image, out, stride, padding;
};
constexpr Layer dcgan_layers[] = {
    {"64x64x3 - 32x32x64", 3, 64, 64, 2, 1},     {"32x32x64 - 16x16x128", 64, 32, 128, 2, 1},
    {"16x16x128 - 8x8x256", 128, 16, 256, 2, 1}, {"8x8x256 - 4x4x512", 256, 8, 512, 2, 1},
    {"4x4x512 - 1x1x1", 512, 4, 1, 1, 0},        {"4x4x512 - 1x1x100", 512, 4, 100, 1, 0},
};

Cases conv_cases() {
  Cases cases;
  for (const Layer& layer : dcgan_layers) {
    const kernels::Conv2dOptions options{.stride = {layer.stride, layer.stride},
                                         .padding = {layer.padding, layer.padding}};
    const int64_t output = kernels::conv_output_size(layer.image, 4, layer.stride, layer.padding, 1);
    const Shape x{batch, layer.in, layer.image, layer.image}, w{layer.out, layer.in, 4, 4};
    const Shape y{batch, layer.out, output, output};
    const double operations = 2.0 * static_cast<double>(y.numel() * layer.in * 16);
    const auto add = [&](const char* kernel, const Shape& x0, const Shape& x1, const Shape& result,
                         const auto& call) {
      cases.push_back({concat(kernel, " ", layer.name), operations, 0, [=] {
                         return [=, a = numbers(x0), b = numbers(x1), c = numbers(result)]() mutable {
                           call(a, b, c, options);
                         };
                       }});
    };
    add("conv2d", x, w, y, kernels::conv2d);
    add("conv2d_input_grad", y, w, x, kernels::conv2d_input_grad);
    add("conv2d_weight_grad", x, y, w, kernels::conv2d_weight_grad);
  }
  return cases;
}

Cases matmul_cases() {
  Cases cases;
  for (const int64_t n : {256, 1024, 2048})
    cases.push_back({concat("matmul ", n), 2.0 * static_cast<double>(n * n * n), 0, [=] {
                       return [a = numbers({n, n}), b = numbers({n, n}), y = numbers({n, n})]() mutable {
                         kernels::matmul(a, b, y, {});
                       };
                     }});
  return cases;
}

/// On an activation of DCGAN's largest layer with normalisation, 16 MiB.
const Shape activation{batch, 64, 32, 32};

Cases elementwise_cases() {
  Cases cases;
  const auto bytes = static_cast<double>(activation.numel()) * sizeof(float);
  const auto unary = [&](const char* name, const kernels::Kernel<kernels::Unary>& kernel) {
    cases.push_back({name, 0, 2 * bytes, [=] {
                       return [=, x = numbers(activation), y = numbers(activation)]() mutable {
                         kernel(x, y, {.a = 0.2, .b = 1});
                       };
                     }});
  };
  const auto binary = [&](const char* name, const kernels::Kernel<kernels::Binary>& kernel,
                          const Shape& second) {
    const double read = static_cast<double>(second.numel()) * sizeof(float);
    cases.push_back({name, 0, 2 * bytes + read, [=] {
                       return [=, x0 = numbers(activation), x1 = numbers(second),
                               y = numbers(activation)]() mutable { kernel(x0, x1, y, {.a = 0.2}); };
                     }});
  };
  unary("relu", kernels::relu);
  unary("leaky_relu", kernels::leaky_relu);
  unary("tanh", kernels::tanh);
  binary("add", kernels::add, activation);
  binary("add a number a channel", kernels::add, {64, 1, 1});
  binary("leaky_relu_grad", kernels::leaky_relu_grad, activation);
  return cases;
}

Cases reduce_cases() {
  const auto bytes = static_cast<double>(activation.numel()) * sizeof(float);
  return {{"sum to a number a channel", 0, bytes, [] {
             return [x = numbers(activation), y = numbers({1, 64, 1, 1})]() mutable {
               kernels::sum(x, y, 0b1101);
             };
           }}};
}

Cases optim_cases() {
  // DCGAN's largest weight, 8 MiB.
  const Shape weight{512, 256, 4, 4};
  return {{"adam", 0, 7.0 * static_cast<double>(weight.numel()) * sizeof(float), [=] {
             std::vector<kernels::AdamTensors> all = {
                 {numbers(weight), numbers(weight), numbers(weight), numbers(weight), {{.rate = 2e-4}}}};
             return [all]() mutable { kernels::adam(all, {}); };
           }}};
}

constexpr std::pair<const char*, Cases (*)()> families[] = {{"conv", conv_cases},
                                                            {"matmul", matmul_cases},
                                                            {"elementwise", elementwise_cases},
                                                            {"reduce", reduce_cases},
                                                            {"optim", optim_cases}};

void check_family(const std::string& family) {
  std::string known;
  for (const auto& [name, cases] : families) {
    if (family.empty() || family == name) return;
    known += concat(known.empty() ? "" : ", ", name);
  }
  throw UsageError("kernels: there is no family '" + family + "'; there are: " + known);
}

}  // namespace

void print_kernels(const std::string& family) {
  check_family(family);
  const double rate = multiply_add_rate(), bandwidth = copy_bandwidth();
  std::printf("ceilings: %.1f GFLOP/s, %.1f GB/s\n", rate * 1e-9, bandwidth * 1e-9);
  for (const auto& [name, cases] : families) {
    if (!family.empty() && family != name) continue;
    for (const Case& c : cases()) {
      const double seconds = median(time_for(c.make(), 0.2));
      const bool arithmetic = c.operations > 0;
      const double reached = (arithmetic ? c.operations : c.bytes) / seconds;
      std::printf("%-12s %-42s %9.3f ms %8.1f %-7s %4.0f %%\n", name, c.name.c_str(), seconds * 1e3,
                  reached * 1e-9, arithmetic ? "GFLOP/s" : "GB/s",
                  100 * reached / (arithmetic ? rate : bandwidth));
      std::fflush(stdout);
    }
  }
}

}  // namespace saddle::bench
