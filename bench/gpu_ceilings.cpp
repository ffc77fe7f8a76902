#include "bench/gpu_ceilings.h"

#include <cstdio>

#include "bench/gpu_timer.h"
#include "bench/gpu_work.h"
#include "bench/peers/peers.h"
#include "core/error.h"
#include "core/tensor.h"

namespace saddle::bench {
namespace {

constexpr double budget = 0.2;

double copy_rate(Device device) {
  constexpr int64_t bytes = int64_t{1} << 30;
  const Tensor from = Tensor::full({bytes / 4}, 0.3, DType::f32, device);
  Tensor to = Tensor::like(from);
  const auto call = [&] { copy(stream_of(device), from.raw(), to.raw(), bytes); };
  return 2.0 * bytes / time_on(device, call, budget).cold;
}

double rate(Device device, Unit unit) {
  constexpr int steps = 1 << 14;
  Tensor sink = Tensor::empty({work_threads(device.index)}, DType::f32, device);
  double operations = 0;
  const auto call = [&] {
    operations = multiply_add_chains(stream_of(device), device.index, unit, steps, sink.data<float>());
  };
  const double seconds = time_on(device, call, budget).warm;
  return operations / seconds;
}

Unit unit_of(Precision precision) {
  switch (precision) {
    case Precision::fp32:
      return Unit::fma;
    case Precision::tf32:
      return Unit::tensor_tf32;
    case Precision::bf16:
      return Unit::tensor_bf16;
  }
  return Unit::fma;
}

/// A large product by cuBLAS; 0 if there is none.
double product_rate(Device device, Precision precision) {
  constexpr int64_t n = 8192;
  for (const Candidate& candidate : matmul_peers(n, n, n, device, precision))
    return 2.0 * n * n * n / time_on(device, candidate.make(), budget).warm;
  return 0;
}

}  // namespace

Ceilings gpu_ceilings(Device device, Precision precision) {
  return {rate(device, unit_of(precision)), copy_rate(device)};
}

void print_gpu_ceilings(Device device) {
  std::printf("device: %s, peers: %s\n", device.str().c_str(), peers_on(device).c_str());
  std::printf("copy                 %9.1f GB/s, read and written together\n", copy_rate(device) * 1e-9);
  for (const Precision precision : {Precision::fp32, Precision::tf32, Precision::bf16}) {
    const char* const unit = precision == Precision::fp32 ? "multiply-add" : "mma.sync";
    std::printf("%-14s %s  %9.1f TFLOP/s", unit, name_of(precision),
                rate(device, unit_of(precision)) * 1e-12);
    if (const double product = product_rate(device, precision); product > 0)
      std::printf("   cuBLAS, 8192 cubed: %9.1f TFLOP/s", product * 1e-12);
    std::printf("\n");
    std::fflush(stdout);
  }
}

}  // namespace saddle::bench
