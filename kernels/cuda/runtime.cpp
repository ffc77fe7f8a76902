// The GPU: its memory, its one stream of work, copies through pinned memory, and errors.
#include <cuda_runtime.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include "core/device_runtime.h"
#include "core/error.h"
#include "kernels/cuda/staging.h"

namespace saddle {
namespace {

/// Kernels use what came with compute capability 8.0: cp.async, tf32 and bf16 products.
constexpr int oldest_major = 8;

/// The last kernels started on a device, for the message when one of them fails later.
struct Recent {
  static constexpr size_t kept = 8;
  std::array<const char*, kept> names{};
  size_t next = 0;

  void add(const char* name) { names[next++ % kept] = name; }
  std::string str() const {
    std::string text;
    for (size_t i = 0; i < kept; ++i)
      if (const char* name = names[(next + kept - 1 - i) % kept]) text += concat(i ? ", " : "", name);
    return text.empty() ? "none" : text;
  }
};

/// What the program has of one GPU; made on first use.
struct Gpu {
  explicit Gpu(int gpu) : index(gpu) {
    cudaSetDevice(index);
    check("cudaStreamCreate", cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
    staging = std::make_unique<kernels::cuda::Staging>(stream);
  }

  void check(const char* what, cudaError_t error) const {
    if (error == cudaSuccess) return;
    cudaGetLastError();
    throw Error(
        concat("cuda:", index, ": ", what, ": ", cudaGetErrorString(error),
               "; the last kernels, latest first: ", recent.str(),
               waits ? "" : " (with SADDLE_CUDA_SYNC=1 each is waited for, and the one at fault named)"));
  }

  int index;
  cudaStream_t stream = nullptr;
  std::unique_ptr<kernels::cuda::Staging> staging;
  Recent recent;
  bool waits = std::getenv("SADDLE_CUDA_SYNC") != nullptr;
  bool capturing = false;
};

/// Takes no lock where the calling thread asks for the one that it asked for last, as each launch does.
Gpu& find(Device device) {
  static thread_local Gpu* last = nullptr;
  if (last && last->index == device.index) return *last;
  static std::mutex mutex;
  static auto& all =
      *new std::vector<std::unique_ptr<Gpu>>;  // never destroyed, as the driver may be gone first
  const std::lock_guard lock(mutex);
  const auto index = static_cast<size_t>(device.index);
  if (all.size() <= index) all.resize(index + 1);
  if (!all[index]) all[index] = std::make_unique<Gpu>(device.index);
  last = all[index].get();
  return *last;
}

/// Makes it the one that the thread's next calls of CUDA are for. Each time: other code of the program may
/// choose devices too.
Gpu& gpu(Device device) {
  Gpu& there = find(device);
  cudaSetDevice(device.index);
  return there;
}

class GpuMemory final : public MemorySource {
 public:
  explicit GpuMemory(int index) : device_{DeviceType::cuda, index} {}
  void* allocate(size_t bytes) override {
    gpu(device_);
    void* block = nullptr;
    // While a step is captured the driver forbids this call, unless it is told that the memory is no part of
    // the capture.
    cudaStreamCaptureMode mode = cudaStreamCaptureModeRelaxed;
    cudaThreadExchangeStreamCaptureMode(&mode);
    const cudaError_t error = cudaMalloc(&block, bytes);
    cudaThreadExchangeStreamCaptureMode(&mode);
    if (error == cudaErrorMemoryAllocation) {
      cudaGetLastError();
      return nullptr;
    }
    gpu(device_).check("cudaMalloc", error);
    return block;
  }
  void release(void* block, size_t) override {
    cudaStreamSynchronize(gpu(device_).stream);  // what runs may still use it
    cudaFree(block);
  }

 private:
  Device device_;
};

class Graph final : public CapturedWork {
 public:
  Graph(Gpu& its, cudaGraph_t graph) : gpu_(its), graph_(graph) {
    its.check("cudaGraphInstantiate", cudaGraphInstantiate(&ready_, graph_, 0));
  }
  ~Graph() override {
    if (ready_) cudaGraphExecDestroy(ready_);
    cudaGraphDestroy(graph_);
  }
  void run() override { gpu_.check("cudaGraphLaunch", cudaGraphLaunch(ready_, gpu_.stream)); }

 private:
  Gpu& gpu_;
  cudaGraph_t graph_;
  cudaGraphExec_t ready_ = nullptr;
};

class CudaRuntime final : public DeviceRuntime {
 public:
  std::string problem(int index) override {
    int count = 0;
    const cudaError_t error = cudaGetDeviceCount(&count);
    cudaGetLastError();
    if (error == cudaErrorInsufficientDriver) return too_old_driver();
    if (error == cudaErrorNoDevice || (error == cudaSuccess && count == 0))
      return "no GPU was found; use --device cpu";
    if (error != cudaSuccess)
      return concat("the GPU cannot be used: ", cudaGetErrorString(error), "; use --device cpu");
    if (index >= count)
      return concat("there ", count == 1 ? "is 1 GPU" : concat("are ", count, " GPUs"), ", numbered from 0");
    int major = 0, minor = 0;
    cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, index);
    cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, index);
    if (major < oldest_major)
      return concat("its compute capability is ", major, ".", minor, "; 8.0 (Ampere) or newer is needed");
    return "";
  }

  std::unique_ptr<MemorySource> memory(int index) override { return std::make_unique<GpuMemory>(index); }

  void copy(void* to, Device to_device, const void* from, Device from_device, size_t bytes) override {
    if (bytes == 0) return;
    if (from_device.is_host()) {
      Gpu& there = gpu(to_device);
      there.check("copy to the device", there.staging->upload(to, from, bytes));
    } else if (to_device.is_host()) {
      Gpu& there = gpu(from_device);
      there.check("copy to the host", there.staging->download(to, from, bytes));
    } else {
      if (to_device != from_device) synchronize(from_device);
      Gpu& there = gpu(to_device);
      there.check("copy", cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, there.stream));
      if (to_device != from_device) synchronize(to_device);
    }
  }

  void zero(void* to, Device device, size_t bytes) override {
    Gpu& there = gpu(device);
    if (bytes > 0) there.check("zero", cudaMemsetAsync(to, 0, bytes, there.stream));
  }

  void synchronize(Device device) override {
    Gpu& there = gpu(device);
    there.check("waiting for the device", cudaStreamSynchronize(there.stream));
  }

  void begin_capture(Device device) override {
    Gpu& there = gpu(device);
    there.check("cudaStreamBeginCapture",
                cudaStreamBeginCapture(there.stream, cudaStreamCaptureModeThreadLocal));
    there.capturing = true;
  }

  std::unique_ptr<CapturedWork> end_capture(Device device) override {
    Gpu& there = gpu(device);
    there.capturing = false;
    cudaGraph_t graph = nullptr;
    there.check("cudaStreamEndCapture", cudaStreamEndCapture(there.stream, &graph));
    return std::make_unique<Graph>(there, graph);
  }

 private:
  static std::string too_old_driver() {
    int driver = 0, wanted = 0;
    cudaDriverGetVersion(&driver);
    cudaRuntimeGetVersion(&wanted);
    const auto version = [](int number) { return concat(number / 1000, ".", number % 1000 / 10); };
    if (driver == 0) return "no NVIDIA driver is installed; use --device cpu";
    return concat("the driver supports CUDA ", version(driver), ", this program needs ", version(wanted),
                  "; update the driver or use --device cpu");
  }
};

}  // namespace

DeviceRuntime& cuda_runtime() {
  static CudaRuntime runtime;
  return runtime;
}

namespace kernels::cuda {

cudaStream_t use(Device device) {
  return gpu(device).stream;
}

void check_launch(const char* kernel, Device device) {
  Gpu& there = find(device);  // still the thread's own: use() has just chosen it
  there.recent.add(kernel);
  there.check(kernel, cudaGetLastError());
  if (there.waits && !there.capturing) there.check(kernel, cudaStreamSynchronize(there.stream));
}

}  // namespace kernels::cuda
}  // namespace saddle
