// What records of ops that end with an activation share.
#pragma once
#include <cmath>

#include "tests/ops/record.h"

namespace saddle::test {

constexpr Activation relu_after{Activation::relu}, leaky_after{Activation::leaky_relu, 0.2},
    tanh_after{Activation::tanh};

inline std::string name_of(const Activation& activation) {
  constexpr const char* names[] = {"none", "relu", "leaky_relu", "tanh"};
  return names[activation.kind];
}

/// Names it in the sample's name and, for the comparison with PyTorch, in its options.
inline void describe(Sample& s, const Activation& activation) {
  if (!activation.any()) return;
  s.name += " then " + name_of(activation);
  s.options["activation"] = name_of(activation);
  s.options["slope"] = activation.below();
}

inline double activated(const Activation& activation, double x) {
  if (activation.kind == Activation::tanh) return std::tanh(x);
  return x > 0 || !activation.any() ? x : activation.below() * x;
}
inline Array activated(const Activation& activation, Array x) {
  for (double& value : x.values) value = activated(activation, value);
  return x;
}

}  // namespace saddle::test
