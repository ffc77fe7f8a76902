#include "bench/peers/peers.h"

#ifdef SADDLE_BENCH_ONEDNN
#include "bench/peers/onednn.h"
#endif
#ifdef SADDLE_BENCH_CUDNN
#include "bench/peers/cudnn.h"
#endif
#ifdef SADDLE_BENCH_CUBLAS
#include "bench/peers/cublas.h"
#endif

namespace saddle::bench {

Candidates conv_peers([[maybe_unused]] ConvKernel kernel, [[maybe_unused]] const ConvLayer& layer,
                      Device device, [[maybe_unused]] Precision precision) {
#ifdef SADDLE_BENCH_ONEDNN
  if (device.type == DeviceType::cpu) return onednn::conv(kernel, layer);
#endif
#ifdef SADDLE_BENCH_CUDNN
  if (device.type == DeviceType::cuda && cudnn::version().loaded)
    return cudnn::conv(kernel, layer, device, precision);
#endif
  (void)device;
  return {};
}

Candidates matmul_peers([[maybe_unused]] int64_t m, [[maybe_unused]] int64_t n, [[maybe_unused]] int64_t k,
                        Device device, [[maybe_unused]] Precision precision) {
#ifdef SADDLE_BENCH_ONEDNN
  if (device.type == DeviceType::cpu) return onednn::matmul(m, n, k);
#endif
#ifdef SADDLE_BENCH_CUBLAS
  if (device.type == DeviceType::cuda && cublas::version().loaded)
    return cublas::matmul(m, n, k, device, precision);
#endif
  (void)device;
  return {};
}

std::string peers_on(Device device) {
  std::string text;
  if (device.type == DeviceType::emulated) return "none on the emulated device";
#ifdef SADDLE_BENCH_ONEDNN
  if (device.type == DeviceType::cpu) return onednn::version();
#else
  if (device.type == DeviceType::cpu) return "none: built without oneDNN";
#endif
#ifdef SADDLE_BENCH_CUDNN
  text = cudnn::version().text;
#else
  text = "built without cuDNN";
#endif
#ifdef SADDLE_BENCH_CUBLAS
  text += ", " + cublas::version().text;
#else
  text += ", built without cuBLAS";
#endif
  return text;
}

}  // namespace saddle::bench
