// What is timed: for each family of kernels, calls on the shapes that models give them.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "bench/layers.h"
#include "bench/peers/peers.h"
#include "core/precision.h"

namespace saddle::bench {

/// Where and on what.
struct Setting {
  Device device;
  Precision precision = Precision::fp32;
  Scale scale = Scale::cpu;
  std::vector<Network> networks;
};

/// One call of a kernel. It is bound by arithmetic if it says how many operations it does, else by the bytes
/// that it must move: inputs and outputs once.
struct Case {
  std::string kernel, shape;
  double operations = 0, bytes = 0;
  std::function<Call()> make{};         ///< allocates what the call needs, and gives the call
  std::function<Candidates()> peers{};  ///< who else can do it
};
using Cases = std::vector<Case>;

Cases conv_cases(const Setting& setting);
Cases matmul_cases(const Setting& setting);
Cases norm_cases(const Setting& setting);
Cases elementwise_cases(const Setting& setting);
Cases reduce_cases(const Setting& setting);
Cases softmax_cases(const Setting& setting);
Cases loss_cases(const Setting& setting);
Cases pool_cases(const Setting& setting);
Cases resample_cases(const Setting& setting);
Cases shape_cases(const Setting& setting);
Cases random_cases(const Setting& setting);
Cases optim_cases(const Setting& setting);

/// f32 on the device, uniform in [-1, 1): a GPU takes longer for numbers than for zeros.
Tensor numbers(const Shape& shape, Device device);
/// Bytes of f32 tensors of these shapes.
double bytes_of(std::initializer_list<Shape> shapes);
/// Of each network, its largest activation; each shape once.
std::vector<Shape> activations(const Setting& setting);

}  // namespace saddle::bench
