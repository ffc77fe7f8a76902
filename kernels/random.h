// Filling tensors with random numbers. Element i takes word i % 4 of block i / 4 of the stream
// (core/random.h), so it depends on the stream and on i alone; f32 gets the f64 numbers rounded. f32 or f64;
// bound by the generator, about ten multiplications an element.
#pragma once
#include "core/random.h"
#include "kernels/kernel.h"

namespace saddle::kernels {

/// y[i] uniform in [low, high): low + (high - low) u, u a multiple of 2^-32.
using Uniform = void(Tensor& y, double low, double high, Philox stream);
/// y[i] normal: Box and Muller (Annals of Mathematical Statistics 29, 1958) from each pair of words; |y -
/// mean| is at most 6.67 std.
using Normal = void(Tensor& y, double mean, double std, Philox stream);
/// y[i] is `value` with probability p, else 0.
using Bernoulli = void(Tensor& y, double p, double value, Philox stream);

SADDLE_KERNEL(uniform, Uniform);
SADDLE_KERNEL(normal, Normal);
SADDLE_KERNEL(bernoulli, Bernoulli);

}  // namespace saddle::kernels
