#include "bench/gpu_timer.h"

#include "bench/timing.h"

#ifdef SADDLE_WITH_CUDA
#include <cuda_runtime.h>

#include <algorithm>

#include "bench/gpu_work.h"
#include "core/error.h"
#include "core/tensor.h"
#endif

namespace saddle::bench {

#ifdef SADDLE_WITH_CUDA
namespace {

void check(cudaError_t error) {
  require(error == cudaSuccess, "timing on the GPU: ", cudaGetErrorString(error));
}

/// A moment on the device's stream.
class Event {
 public:
  Event() { check(cudaEventCreate(&event_)); }
  Event(const Event&) = delete;
  ~Event() { cudaEventDestroy(event_); }
  void record(cudaStream_t stream) { check(cudaEventRecord(event_, stream)); }
  /// Waits for this moment; seconds since an earlier one.
  double since(const Event& start) const {
    float milliseconds = 0;
    check(cudaEventSynchronize(event_));
    check(cudaEventElapsedTime(&milliseconds, start.event_, event_));
    return milliseconds * 1e-3;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

class GpuTimer {
 public:
  GpuTimer(Device device, const std::function<void()>& f)
      : f_(f), stream_(stream_of(device)), evictor_(Tensor::empty({evicted(device)}, DType::u8, device)) {
    for (int i = 0; i < 2; ++i) f_();
    // Twice: the first after a pause may find the GPU at a low clock.
    for (int i = 0; i < 2; ++i) once_ = std::max(warm(1), 1e-6);
  }

  double warm_median(double budget) {
    // Enough calls that the events' own time does not count, and few enough that the spin covers their start.
    const int calls = static_cast<int>(std::clamp(1e-3 / once_, 1.0, 20.0));
    return sample(budget, calls * once_ + spin_seconds(calls), [&] { return warm(calls); });
  }
  double cold_median(double budget) {
    return sample(budget, once_ + 1e-4, [&] { return cold(); });
  }

 private:
  /// Twice the second-level cache.
  static int64_t evicted(Device device) {
    int bytes = 0;
    check(cudaDeviceGetAttribute(&bytes, cudaDevAttrL2CacheSize, device.index));
    return std::max<int64_t>(2 * int64_t{bytes}, int64_t{64} << 20);
  }
  static double spin_seconds(int calls) { return 20e-6 * calls; }

  template <class Measure>
  static double sample(double budget, double each, Measure measure) {
    std::vector<double> times(static_cast<size_t>(std::clamp(budget / each, 5.0, 200.0)));
    for (double& time : times) time = measure();
    return median(times);
  }

  double warm(int calls) {
    // The GPU is kept busy until all calls are queued: what they take to be started is not their time.
    spin(stream_, spin_seconds(calls));
    start_.record(stream_);
    for (int i = 0; i < calls; ++i) f_();
    stop_.record(stream_);
    return stop_.since(start_) / calls;
  }

  double cold() {
    check(cudaMemsetAsync(evictor_.raw(), 1, evictor_.nbytes(), stream_));
    spin(stream_, spin_seconds(1));
    start_.record(stream_);
    f_();
    stop_.record(stream_);
    return stop_.since(start_);
  }

  const std::function<void()>& f_;
  cudaStream_t stream_;
  Tensor evictor_;
  Event start_, stop_;
  double once_ = 0;
};

}  // namespace
#endif

Times time_on(Device device, const std::function<void()>& f, double budget) {
#ifdef SADDLE_WITH_CUDA
  if (device.type == DeviceType::cuda) {
    GpuTimer timer(device, f);
    const double warm = timer.warm_median(budget / 2);
    return {warm, timer.cold_median(budget / 2)};
  }
#endif
  (void)device;
  const double seconds = median(time_for(f, budget));
  return {seconds, seconds};
}

}  // namespace saddle::bench
