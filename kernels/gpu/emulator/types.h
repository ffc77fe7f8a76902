// CUDA's built-in types, for the host's compiler.
#pragma once

struct uint3 {
  unsigned x, y, z;
};

struct dim3 {
  unsigned x, y, z;
  constexpr dim3(unsigned x_size = 1, unsigned y_size = 1, unsigned z_size = 1)
      : x(x_size), y(y_size), z(z_size) {}
};

struct CUstream_st;
using cudaStream_t = CUstream_st*;

// Vectors are aligned to their size, as on the GPU: one of them is one load or store.
#define SADDLE_VECTOR_TYPES(Type, T)                            \
  struct alignas(2 * sizeof(T)) Type##2 {                       \
    T x, y;                                                     \
  };                                                            \
  struct alignas(sizeof(T) == 8 ? 16 : 4 * sizeof(T)) Type##4 { \
    T x, y, z, w;                                               \
  };                                                            \
  constexpr Type##2 make_##Type##2(T x, T y) {                  \
    return {x, y};                                              \
  }                                                             \
  constexpr Type##4 make_##Type##4(T x, T y, T z, T w) {        \
    return {x, y, z, w};                                        \
  }
SADDLE_VECTOR_TYPES(float, float)
SADDLE_VECTOR_TYPES(int, int)
SADDLE_VECTOR_TYPES(uint, unsigned)
#undef SADDLE_VECTOR_TYPES

struct alignas(16) double2 {
  double x, y;
};
constexpr double2 make_double2(double x, double y) {
  return {x, y};
}
