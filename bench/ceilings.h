// What the machine can do at most, measured: the numbers that kernels are held against.
#pragma once
#include <string>

#include "core/precision.h"

namespace saddle::bench {

/// Floating-point operations a second of multiply-adds on registers, f32, two operations each, on
/// num_threads() threads.
double multiply_add_rate();

/// Bytes a second, read and written together, of copying memory that no cache holds, on num_threads()
/// threads.
double copy_bandwidth();

/// The vector instructions that kernels use on this machine: `AVX3`, `AVX2`, …
std::string vector_target();

/// What kernels on a device are held against; 0 where nothing was measured, as on the emulated device.
struct Ceilings {
  double arithmetic = 0;  ///< operations a second in the precision
  double bandwidth = 0;   ///< bytes a second, read and written together
  std::string str() const;
};
Ceilings ceilings(Device device, Precision precision);

/// Prints, on the CPU, both rates for each number of threads up to num_threads(); on a GPU, its bandwidth,
/// the rates of its units, and what cuBLAS makes of them. Throws UsageError for the emulated device.
void print_ceilings(Device device);

}  // namespace saddle::bench
