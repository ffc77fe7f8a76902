#include "bench/ceilings.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "bench/timing.h"
#include "core/error.h"
#include "core/tensor.h"
#include "core/thread_pool.h"

#ifdef SADDLE_WITH_CUDA
#include "bench/gpu_ceilings.h"
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/ceilings.cpp"
#include "hwy/foreach_target.h"

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::bench::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Runs independent chains of multiply-adds, `steps` long, from and into `sink`, so that the compiler cannot
/// leave them out; returns how many operations that was.
double multiply_add_chains(int64_t steps, float* sink) {
  const hn::ScalableTag<float> d;
  // Twelve hide the latency on every x86 core of today (four cycles, two a cycle) and fit 16 registers. Each
  // starts elsewhere: equal ones would be merged.
  const auto factor = hn::Set(d, 0.5f), term = hn::Set(d, 1.0f);
  auto a0 = hn::Iota(d, *sink), a1 = hn::Add(a0, term), a2 = hn::Add(a1, term), a3 = hn::Add(a2, term),
       a4 = hn::Add(a3, term), a5 = hn::Add(a4, term);
  auto b0 = hn::Add(a5, term), b1 = hn::Add(b0, term), b2 = hn::Add(b1, term), b3 = hn::Add(b2, term),
       b4 = hn::Add(b3, term), b5 = hn::Add(b4, term);
  for (int64_t i = 0; i < steps; ++i) {
    a0 = hn::MulAdd(a0, factor, term), b0 = hn::MulAdd(b0, factor, term);
    a1 = hn::MulAdd(a1, factor, term), b1 = hn::MulAdd(b1, factor, term);
    a2 = hn::MulAdd(a2, factor, term), b2 = hn::MulAdd(b2, factor, term);
    a3 = hn::MulAdd(a3, factor, term), b3 = hn::MulAdd(b3, factor, term);
    a4 = hn::MulAdd(a4, factor, term), b4 = hn::MulAdd(b4, factor, term);
    a5 = hn::MulAdd(a5, factor, term), b5 = hn::MulAdd(b5, factor, term);
  }
  const auto sum_a = hn::Add(hn::Add(hn::Add(a0, a1), hn::Add(a2, a3)), hn::Add(a4, a5));
  const auto sum_b = hn::Add(hn::Add(hn::Add(b0, b1), hn::Add(b2, b3)), hn::Add(b4, b5));
  *sink = hn::GetLane(hn::SumOfLanes(d, hn::Add(sum_a, sum_b)));
  return 2.0 * 12 * static_cast<double>(hn::Lanes(d)) * static_cast<double>(steps);
}

const char* target_name() {
  return hwy::TargetName(HWY_TARGET);
}

}  // namespace saddle::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::bench {

HWY_EXPORT(multiply_add_chains);
HWY_EXPORT(target_name);

std::string vector_target() {
  return HWY_DYNAMIC_DISPATCH(target_name)();
}

double multiply_add_rate() {
  constexpr int64_t steps = 1 << 20, shares = 4;  // of each thread
  const int64_t ranges = shares * num_threads();
  std::vector<float> sinks(static_cast<size_t>(ranges));
  std::vector<double> operations(sinks.size());
  const std::vector<double> times = time_for(
      [&] {
        parallel_for(ranges, 1, [&](int64_t begin, int64_t end) {
          for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i)
            operations[i] = HWY_DYNAMIC_DISPATCH(multiply_add_chains)(steps, &sinks[i]);
        });
      },
      0.3);
  return operations[0] * static_cast<double>(ranges) / *std::min_element(times.begin(), times.end());
}

double copy_bandwidth() {
  constexpr int64_t bytes = int64_t{256} << 20, grain = int64_t{1} << 20;
  const Tensor from = Tensor::zeros({bytes}, DType::u8);
  Tensor to = Tensor::zeros({bytes}, DType::u8);
  const uint8_t* source = from.data<uint8_t>();
  uint8_t* target = to.data<uint8_t>();
  const std::vector<double> times = time_for(
      [&] {
        parallel_for(bytes, grain, [&](int64_t begin, int64_t end) {
          std::memcpy(target + begin, source + begin, static_cast<size_t>(end - begin));
        });
      },
      0.5);
  return 2.0 * static_cast<double>(bytes) / *std::min_element(times.begin(), times.end());
}

namespace {

void print_cpu() {
  const int most = num_threads();
  std::printf("vectors: %s\n%8s  %15s  %11s\n", vector_target().c_str(), "threads", "multiply-add", "copy");
  for (int n = 1; n <= most; ++n) {
    set_num_threads(n);
    const double rate = multiply_add_rate(), bandwidth = copy_bandwidth();
    std::printf("%8d  %8.1f GFLOP/s  %6.1f GB/s\n", n, rate * 1e-9, bandwidth * 1e-9);
  }
}

}  // namespace

std::string Ceilings::str() const {
  if (arithmetic == 0) return "none";
  char text[64];
  std::snprintf(text, sizeof text, "%.1f GFLOP/s, %.1f GB/s", arithmetic * 1e-9, bandwidth * 1e-9);
  return text;
}

Ceilings ceilings(Device device, [[maybe_unused]] Precision precision) {
  if (device.type == DeviceType::cpu) return {multiply_add_rate(), copy_bandwidth()};
#ifdef SADDLE_WITH_CUDA
  if (device.type == DeviceType::cuda) return gpu_ceilings(device, precision);
#endif
  return {};
}

void print_ceilings(Device device) {
  require<UsageError>(device.type != DeviceType::emulated, "ceilings: the emulated device has none");
#ifdef SADDLE_WITH_CUDA
  if (device.type == DeviceType::cuda) return print_gpu_ceilings(device);
#endif
  print_cpu();
}

}  // namespace saddle::bench
#endif  // HWY_ONCE
