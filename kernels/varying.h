// A kernel's argument whose value changes from call to call, for launches that are captured once and
// repeated.
#pragma once

namespace saddle::kernels {

/// A value, or where it lies. A launch that is captured in a graph keeps its arguments; what changes from
/// step to step it must read from memory. `slot` null: the kernel takes `value`. Otherwise it takes *slot as
/// it is when the kernel runs, and `value` is not read; the slot lies in memory of the device of the call's
/// tensors, and whoever repeats the launch writes it first, on the same stream.
template <class T>
struct Varying {
  T value{};
  const T* slot = nullptr;
};

}  // namespace saddle::kernels
