// The sum of softmax in one pass: the largest element and the sum of the exponentials shifted by it are
// brought up to date together (Milakov and Gimelshein, 2018, "Online normalizer calculation for softmax").
#pragma once
#include <cmath>
#include <limits>

#include "kernels/cuda/block_reduce.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {

template <class T>
constexpr T lowest = -std::numeric_limits<T>::infinity();

/// The larger; NaN gives way, and shows in the sum.
template <class T>
__device__ __forceinline__ T larger(T a, T b) {
  return a > b ? a : b;
}
template <class T>
__device__ __forceinline__ T add(T a, T b) {
  return a + b;
}

/// The largest element yet, and the sum of exponentials shifted by it.
template <class T>
struct Running {
  T top, sum;

  template <size_t n>
  __device__ __forceinline__ void include(const T (&x)[n]) {
    T above = top;
    for (const T each : x) above = larger(above, each);
    const T shift = above == lowest<T> ? T(0) : above;  // not -inf - -inf
    sum *= exp(top - shift);
    for (const T each : x) sum += exp(each - shift);
    top = above;
  }
  /// The sum shifted by another element, at least as large.
  __device__ __forceinline__ T shifted(T other) const {
    return top == lowest<T> ? sum : sum * exp(top - other);
  }
};

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
