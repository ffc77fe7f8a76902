// Initial values of weights, under PyTorch's names and formulas. All draw from a generator, so that the same
// seed gives the same network on every device. They write a parameter's elements in place; weights are f32 or
// f64. Options out of range throw UsageError, shapes that a rule does not know throw ShapeError.
#pragma once
#include "autograd/variable.h"
#include "core/random.h"

namespace saddle::nn::init {

void constant_(const Variable& w, double value);
void zeros_(const Variable& w);
void ones_(const Variable& w);
void uniform_(const Variable& w, Generator& generator, double low = 0, double high = 1);
void normal_(const Variable& w, Generator& generator, double mean = 0, double std = 1);

/// Numbers that one output is summed from and that one input goes to, for a weight [out, in, kernel...].
struct Fans {
  double in = 0, out = 0;
};
/// Throws ShapeError for rank below 2. A transposed convolution's weight [in, out, kernel...] is read the
/// same way, as PyTorch does.
Fans fans(const Variable& w);

enum class Nonlinearity { linear, sigmoid, tanh, relu, leaky_relu };
/// What the nonlinearity's output must be scaled by to keep its input's variance: 1 (linear, sigmoid), 5/3
/// (tanh), sqrt 2 (relu), sqrt(2 / (1 + slope^2)) (leaky_relu).
double gain(Nonlinearity nonlinearity, double slope = 0.01);

/// Glorot and Bengio, AISTATS 2010: standard deviation gain sqrt(2 / (fan_in + fan_out)).
void xavier_uniform_(const Variable& w, Generator& generator, double gain = 1);
void xavier_normal_(const Variable& w, Generator& generator, double gain = 1);

enum class FanMode { fan_in, fan_out };
struct KaimingOptions {
  double a = 0;  ///< the slope, for leaky_relu
  FanMode mode = FanMode::fan_in;
  Nonlinearity nonlinearity = Nonlinearity::leaky_relu;
};
/// He et al., ICCV 2015: standard deviation gain / sqrt(fan).
void kaiming_uniform_(const Variable& w, Generator& generator, KaimingOptions options = {});
void kaiming_normal_(const Variable& w, Generator& generator, KaimingOptions options = {});

/// PyTorch's default for linear and convolutional layers: both uniform in +-1 / sqrt(fan_in). bias may be
/// undefined.
void default_(const Variable& w, const Variable& bias, Generator& generator);

/// Saxe et al., ICLR 2014: w as a matrix [w.size(0), rest] gets orthonormal rows or columns, whichever are
/// fewer, times gain. Uniform over such matrices.
void orthogonal_(const Variable& w, Generator& generator, double gain = 1);

}  // namespace saddle::nn::init
