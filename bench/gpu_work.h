// Kernels that no library needs, only its measurement: they show what a GPU can do at most, and keep one
// waiting.
#pragma once
#include <cuda_runtime.h>

#include <cstdint>

#include "core/device.h"

namespace saddle::bench {

/// Where all work on a GPU is queued.
cudaStream_t stream_of(Device device);

/// Keeps the stream busy for about that long.
void spin(cudaStream_t stream, double seconds);

/// Copies 16 bytes a thread and step.
void copy(cudaStream_t stream, const void* from, void* to, int64_t bytes);

enum class Unit { fma, tensor_tf32, tensor_bf16 };
/// Runs independent chains of multiply-adds on registers, `steps` long, on every multiprocessor; `sink` takes
/// a float a thread, `work_threads(device)` in all. Returns the operations that were done, two for each
/// multiply-add.
double multiply_add_chains(cudaStream_t stream, int device, Unit unit, int steps, float* sink);
int64_t work_threads(int device);

}  // namespace saddle::bench
