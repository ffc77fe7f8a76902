// What the machine can do at most, measured: the numbers that kernels are held against.
#pragma once
#include <string>

namespace saddle::bench {

/// Floating-point operations a second of multiply-adds on registers, f32, two operations each, on
/// num_threads() threads.
double multiply_add_rate();

/// Bytes a second, read and written together, of copying memory that no cache holds, on num_threads()
/// threads.
double copy_bandwidth();

/// The vector instructions that kernels use on this machine: `AVX3`, `AVX2`, …
std::string vector_target();

/// Prints both rates for each number of threads up to num_threads().
void print_ceilings();

}  // namespace saddle::bench
