// What a GPU can do at most, measured.
#pragma once
#include "bench/ceilings.h"

namespace saddle::bench {

/// Of the unit that a precision's products run on: multiply-adds of f32, or mma.sync of tf32 or bf16. On GPUs
/// whose tensor cores have faster instructions than mma.sync, that is less than the datasheet's number.
Ceilings gpu_ceilings(Device device, Precision precision);
void print_gpu_ceilings(Device device);

}  // namespace saddle::bench
