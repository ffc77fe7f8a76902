// Copies between host and device through pinned memory, which the GPU reads and writes by itself: a pageable
// buffer would be copied by the driver, and waited for.
#pragma once
#include <cuda_runtime.h>

#include <cstddef>
#include <mutex>

namespace saddle::kernels::cuda {

class Staging {
 public:
  explicit Staging(cudaStream_t stream) : stream_(stream) {}
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  /// Returns when `from` has been read; the copy itself may still be under way.
  cudaError_t upload(void* to, const void* from, size_t bytes);
  /// Returns when `to` has been written.
  cudaError_t download(void* to, const void* from, size_t bytes);

 private:
  static constexpr size_t chunk_bytes = size_t{8} << 20;
  struct Chunk {
    void* memory = nullptr;
    cudaEvent_t free = nullptr;  // the copy that used it last is done
  };

  /// The next chunk, once no copy uses it.
  cudaError_t take(Chunk*& chunk);

  cudaStream_t stream_;
  std::mutex mutex_;
  Chunk chunks_[2];
  size_t next_ = 0;
};

}  // namespace saddle::kernels::cuda
