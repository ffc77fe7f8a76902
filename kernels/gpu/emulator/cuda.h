// The part of CUDA's language that kernels use, for the host's compiler: qualifiers, built-in variables,
// barriers, warp collectives, atomics, bit casts. What is missing here does not compile, so add it when a
// kernel needs it.
#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "kernels/gpu/emulator/intrinsics.h"

#define __global__
#define __device__
#define __host__
#define __constant__ static
#define __grid_constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __align__(n) alignas(n)

#define threadIdx (::saddle::emulator::thread_index())
#define blockIdx (::saddle::emulator::block_index())
#define blockDim (::saddle::emulator::block_size())
#define gridDim (::saddle::emulator::grid_size())
#define warpSize 32

using std::max;
using std::min;

// CUDA's mathematical functions are overloaded for float and double.
using std::abs;
using std::ceil;
using std::cos;
using std::erf;
using std::exp;
using std::expm1;
using std::floor;
using std::fma;
using std::isinf;
using std::isnan;
using std::log;
using std::log1p;
using std::pow;
using std::rint;
using std::round;
using std::sin;
using std::sqrt;
using std::tanh;
using std::trunc;

// Each takes the line of its call as a last argument that is never written out.
#define SADDLE_HERE ::saddle::emulator::Location where = ::saddle::emulator::Location::here()

inline void __syncthreads(SADDLE_HERE) {
  saddle::emulator::sync_block(saddle::emulator::Reduction::none, 0, where);
}
inline int __syncthreads_or(int predicate, SADDLE_HERE) {
  return saddle::emulator::sync_block(saddle::emulator::Reduction::any, predicate, where);
}
inline int __syncthreads_and(int predicate, SADDLE_HERE) {
  return saddle::emulator::sync_block(saddle::emulator::Reduction::all, predicate, where);
}
inline int __syncthreads_count(int predicate, SADDLE_HERE) {
  return saddle::emulator::sync_block(saddle::emulator::Reduction::count, predicate, where);
}
inline void __syncwarp(unsigned mask = ~0u, SADDLE_HERE) {
  saddle::emulator::sync_warp(mask, where);
}
inline void __threadfence(SADDLE_HERE) {
  saddle::emulator::thread_fence(where);
}

#define SADDLE_SHUFFLE(name, Argument, kind)                                                             \
  template <class T>                                                                                     \
  __forceinline__ T name(unsigned mask, T value, Argument argument, int width = warpSize, SADDLE_HERE) { \
    saddle::emulator::shuffle(mask, &value, sizeof value, saddle::emulator::Shuffle::kind,               \
                              static_cast<unsigned>(argument), width, where);                            \
    return value;                                                                                        \
  }
SADDLE_SHUFFLE(__shfl_sync, int, index)
SADDLE_SHUFFLE(__shfl_up_sync, unsigned, up)
SADDLE_SHUFFLE(__shfl_down_sync, unsigned, down)
SADDLE_SHUFFLE(__shfl_xor_sync, int, exclusive_or)
#undef SADDLE_SHUFFLE

inline unsigned __ballot_sync(unsigned mask, int predicate, SADDLE_HERE) {
  return saddle::emulator::ballot(mask, predicate != 0, where);
}
inline int __any_sync(unsigned mask, int predicate, SADDLE_HERE) {
  return saddle::emulator::ballot(mask, predicate != 0, where) != 0;
}
inline int __all_sync(unsigned mask, int predicate, SADDLE_HERE) {
  return saddle::emulator::ballot(mask, predicate != 0, where) == mask;
}

#define SADDLE_REDUCE(name, T, reduction)                                                        \
  inline T name(unsigned mask, T value, SADDLE_HERE) {                                           \
    return static_cast<T>(saddle::emulator::reduce_lanes(                                        \
        mask, static_cast<unsigned>(value), saddle::emulator::LaneReduction::reduction, where)); \
  }
SADDLE_REDUCE(__reduce_add_sync, int, add)
SADDLE_REDUCE(__reduce_add_sync, unsigned, add)
SADDLE_REDUCE(__reduce_min_sync, int, min_signed)
SADDLE_REDUCE(__reduce_min_sync, unsigned, min_unsigned)
SADDLE_REDUCE(__reduce_max_sync, int, max_signed)
SADDLE_REDUCE(__reduce_max_sync, unsigned, max_unsigned)
SADDLE_REDUCE(__reduce_and_sync, unsigned, bit_and)
SADDLE_REDUCE(__reduce_or_sync, unsigned, bit_or)
SADDLE_REDUCE(__reduce_xor_sync, unsigned, bit_xor)
#undef SADDLE_REDUCE
#undef SADDLE_HERE

namespace saddle::emulator {

/// *address = update(*address) as one step; returns the old value.
template <class T, class Update>
__forceinline__ T atomic(T* address, Update update) {
  T old;
  begin_atomic(address, &old, sizeof(T));
  const T updated = update(old);
  end_atomic(address, &updated, sizeof(T));
  return old;
}

}  // namespace saddle::emulator

#define SADDLE_ATOMIC(name, T, result)                                            \
  __forceinline__ T name(T* address, T value) {                                   \
    return saddle::emulator::atomic(address, [=](T old) -> T { return result; }); \
  }
SADDLE_ATOMIC(atomicAdd, int, old + value)
SADDLE_ATOMIC(atomicAdd, unsigned, old + value)
SADDLE_ATOMIC(atomicAdd, unsigned long long, old + value)
SADDLE_ATOMIC(atomicAdd, float, old + value)
SADDLE_ATOMIC(atomicAdd, double, old + value)
SADDLE_ATOMIC(atomicMin, int, std::min(old, value))
SADDLE_ATOMIC(atomicMin, unsigned, std::min(old, value))
SADDLE_ATOMIC(atomicMax, int, std::max(old, value))
SADDLE_ATOMIC(atomicMax, unsigned, std::max(old, value))
SADDLE_ATOMIC(atomicAnd, unsigned, old& value)
SADDLE_ATOMIC(atomicOr, unsigned, old | value)
SADDLE_ATOMIC(atomicXor, unsigned, old ^ value)
SADDLE_ATOMIC(atomicExch, int, (static_cast<void>(old), value))
SADDLE_ATOMIC(atomicExch, unsigned, (static_cast<void>(old), value))
SADDLE_ATOMIC(atomicExch, float, (static_cast<void>(old), value))
SADDLE_ATOMIC(atomicInc, unsigned, old >= value ? 0 : old + 1)
#undef SADDLE_ATOMIC

#define SADDLE_COMPARE_AND_SWAP(T)                                                                       \
  __forceinline__ T atomicCAS(T* address, T expected, T value) {                                         \
    return saddle::emulator::atomic(address, [=](T old) -> T { return old == expected ? value : old; }); \
  }
SADDLE_COMPARE_AND_SWAP(int)
SADDLE_COMPARE_AND_SWAP(unsigned)
SADDLE_COMPARE_AND_SWAP(unsigned long long)
#undef SADDLE_COMPARE_AND_SWAP

template <class T>
__forceinline__ T __ldg(const T* address) {
  return *address;
}

inline float __int_as_float(int bits) {
  return std::bit_cast<float>(bits);
}
inline float __uint_as_float(unsigned bits) {
  return std::bit_cast<float>(bits);
}
inline int __float_as_int(float x) {
  return std::bit_cast<int>(x);
}
inline unsigned __float_as_uint(float x) {
  return std::bit_cast<unsigned>(x);
}
inline int __popc(unsigned bits) {
  return std::popcount(bits);
}
inline int __ffs(int bits) {
  return bits == 0 ? 0 : std::countr_zero(static_cast<unsigned>(bits)) + 1;
}
inline int __clz(int bits) {
  return std::countl_zero(static_cast<unsigned>(bits));
}
inline float rsqrtf(float x) {
  return 1.0f / std::sqrt(x);
}
inline double rsqrt(double x) {
  return 1.0 / std::sqrt(x);
}
inline double __dadd_rn(double a, double b) {
  return a + b;
}
inline double __dmul_rn(double a, double b) {
  return a * b;
}
__forceinline__ void sincospi(double x, double* sine, double* cosine) {
  *sine = std::sin(std::numbers::pi * x);
  *cosine = std::cos(std::numbers::pi * x);
}
__forceinline__ void sincospif(float x, float* sine, float* cosine) {
  *sine = static_cast<float>(std::sin(std::numbers::pi * x));
  *cosine = static_cast<float>(std::cos(std::numbers::pi * x));
}
