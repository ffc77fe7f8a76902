// Conversion between element types on a GPU, as `cast` has it.
#pragma once
#include <type_traits>

#include "core/dtype.h"
#include "kernels/gpu/gpu.h"

namespace saddle::kernels {

/// Floats to integers truncate; u8 keeps the low eight bits; bf16 rounds to nearest even.
template <class To, class From>
__device__ __forceinline__ To convert(From value) {
  if constexpr (std::is_same_v<From, To>) {
    return value;
  } else if constexpr (std::is_same_v<From, bf16>) {
    return convert<To>(__uint_as_float(static_cast<unsigned>(value.bits) << 16));
  } else if constexpr (std::is_same_v<To, bf16>) {
    To rounded;
    rounded.bits = static_cast<uint16_t>(gpu::pack_bf16(static_cast<float>(value), 0.0f));
    return rounded;
  } else if constexpr (std::is_floating_point_v<From> && std::is_same_v<To, uint8_t>) {
    return static_cast<To>(static_cast<int64_t>(value));
  } else {
    return static_cast<To>(value);
  }
}

}  // namespace saddle::kernels
