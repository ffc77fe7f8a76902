// Deliberately wrong kernels: the emulator must catch each of them.
#pragma once
#include <vector>

#include "kernels/gpu/gpu.h"

namespace saddle::test {

/// x and y are 64 floats of device memory each, aligned to 16 bytes; y was never written.
struct WrongArguments {
  float *x, *y;
  unsigned* counter;  // 0
};

struct WrongKernel {
  const char* name;
  void (*start)(const WrongArguments& arguments);
  std::vector<const char*> message;  // what the fault must say, beside the kernel's name
};

std::vector<WrongKernel> wrong_barriers();  // wrong_barriers.cu
std::vector<WrongKernel> wrong_memory();    // wrong_memory.cu
std::vector<WrongKernel> wrong_warps();     // wrong_warps.cu

}  // namespace saddle::test
