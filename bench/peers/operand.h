// Memory for a peer to work on.
#pragma once
#include "bench/cases.h"
#include "kernels/elementwise.h"

namespace saddle::bench {

/// Random numbers in the type that a precision stores: f32, or bf16.
inline Tensor operand(const Shape& shape, Device device, Precision precision) {
  const Tensor all = numbers(shape, device);
  if (precision != Precision::bf16) return all;
  Tensor halves = Tensor::empty(shape, DType::bf16, device);
  kernels::cast(all, halves);
  return halves;
}

}  // namespace saddle::bench
