#include "kernels/cuda/staging.h"

#include <algorithm>
#include <cstring>

// Each call's error goes to the caller, who knows what was being done.
#define SADDLE_TRY(call)                                                      \
  do {                                                                        \
    if (const cudaError_t error = (call); error != cudaSuccess) return error; \
  } while (false)

namespace saddle::kernels::cuda {

cudaError_t Staging::take(Chunk*& chunk) {
  chunk = &chunks_[next_++ % std::size(chunks_)];
  if (!chunk->memory) {
    SADDLE_TRY(cudaMallocHost(&chunk->memory, chunk_bytes));
    SADDLE_TRY(cudaEventCreateWithFlags(&chunk->free, cudaEventDisableTiming));
  }
  return cudaEventSynchronize(chunk->free);
}

cudaError_t Staging::upload(void* to, const void* from, size_t bytes) {
  const std::lock_guard lock(mutex_);
  for (size_t at = 0; at < bytes; at += chunk_bytes) {
    const size_t n = std::min(chunk_bytes, bytes - at);
    Chunk* chunk = nullptr;
    SADDLE_TRY(take(chunk));
    std::memcpy(chunk->memory, static_cast<const char*>(from) + at, n);
    SADDLE_TRY(
        cudaMemcpyAsync(static_cast<char*>(to) + at, chunk->memory, n, cudaMemcpyHostToDevice, stream_));
    SADDLE_TRY(cudaEventRecord(chunk->free, stream_));
  }
  return cudaSuccess;
}

cudaError_t Staging::download(void* to, const void* from, size_t bytes) {
  const std::lock_guard lock(mutex_);
  // While one chunk is on its way, the one before is copied out.
  Chunk* before = nullptr;
  size_t before_at = 0, before_bytes = 0;
  const auto finish = [&]() -> cudaError_t {
    if (!before) return cudaSuccess;
    SADDLE_TRY(cudaEventSynchronize(before->free));
    std::memcpy(static_cast<char*>(to) + before_at, before->memory, before_bytes);
    return cudaSuccess;
  };
  for (size_t at = 0; at < bytes; at += chunk_bytes) {
    const size_t n = std::min(chunk_bytes, bytes - at);
    Chunk* chunk = nullptr;
    SADDLE_TRY(take(chunk));
    SADDLE_TRY(cudaMemcpyAsync(chunk->memory, static_cast<const char*>(from) + at, n, cudaMemcpyDeviceToHost,
                               stream_));
    SADDLE_TRY(cudaEventRecord(chunk->free, stream_));
    SADDLE_TRY(finish());
    before = chunk;
    before_at = at;
    before_bytes = n;
  }
  return finish();
}

}  // namespace saddle::kernels::cuda
