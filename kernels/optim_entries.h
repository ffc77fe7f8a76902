// What the kernels of optim.h make of their tensors on every device: pointers, and the pieces that they are
// cut into. For files of kernels only.
#pragma once
#include "kernels/optim.h"

namespace saddle::kernels {

/// One entry of a call. A state that its options leave unused is null.
template <class T, int states, class Numbers>
struct OptimEntry {
  using Element = T;
  const T* g;
  T* state[states];
  int64_t n;
  Varying<Numbers> now;
};

template <class T>
T* data_or_null(Tensor& t) {
  return t.defined() ? t.data<T>() : nullptr;
}

template <class T>
OptimEntry<T, 2, StepScalars> optim_entry(SgdTensors& t) {
  return {t.g.data<T>(), {t.p.data<T>(), data_or_null<T>(t.b)}, t.p.numel(), t.now};
}
template <class T>
OptimEntry<T, 3, StepScalars> optim_entry(AdamTensors& t) {
  return {t.g.data<T>(), {t.p.data<T>(), t.m.data<T>(), t.v.data<T>()}, t.p.numel(), t.now};
}
template <class T>
OptimEntry<T, 4, StepScalars> optim_entry(RmspropTensors& t) {
  T* const p = t.p.data<T>();
  return {t.g.data<T>(), {p, t.v.data<T>(), data_or_null<T>(t.a), data_or_null<T>(t.b)}, t.p.numel(), t.now};
}
template <class T>
OptimEntry<T, 1, double> optim_entry(LerpTensors& t) {
  return {t.x.data<T>(), {t.y.data<T>()}, t.y.numel(), t.weight};
}

}  // namespace saddle::kernels
