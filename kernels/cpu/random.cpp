// Random numbers on the CPU.
#include "kernels/random.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/thread_pool.h"

namespace saddle::kernels::cpu {
namespace {

/// Four elements a block: f(words, values) makes them.
template <class F>
void fill_blocks(const char* name, Tensor& y, Philox stream, F f) {
  dispatch_float(name, y.dtype(), [&]<class T>() {
    T* py = y.data<T>();
    const int64_t n = y.numel();
    parallel_for((n + 3) / 4, 1024, [&](int64_t begin, int64_t end) {
      for (int64_t block = begin; block < end; ++block) {
        std::array<double, 4> values{};
        f(stream(static_cast<uint64_t>(block)), values);
        const int64_t count = std::min<int64_t>(4, n - 4 * block);
        for (int64_t i = 0; i < count; ++i)
          py[4 * block + i] = static_cast<T>(values[static_cast<size_t>(i)]);
      }
    });
  });
}

}  // namespace

void uniform(Tensor& y, double low, double high, Philox stream) {
  // Rounding to f32 could give `high` itself: keep below it.
  const double highest = y.dtype() == DType::f32
                             ? std::nextafter(static_cast<float>(high), static_cast<float>(low))
                             : std::nextafter(high, low);
  fill_blocks("uniform", y, stream, [=](const std::array<uint32_t, 4>& words, std::array<double, 4>& values) {
    for (size_t i = 0; i < 4; ++i) values[i] = std::min(low + (high - low) * (words[i] * 0x1p-32), highest);
  });
}

void normal(Tensor& y, double mean, double std, Philox stream) {
  fill_blocks("normal", y, stream, [=](const std::array<uint32_t, 4>& words, std::array<double, 4>& values) {
    for (size_t i = 0; i < 4; i += 2) {
      const double radius = std * std::sqrt(-2 * std::log((words[i] + 1.0) * 0x1p-32));
      const double angle = 2 * std::numbers::pi * (words[i + 1] * 0x1p-32);
      values[i] = mean + radius * std::cos(angle);
      values[i + 1] = mean + radius * std::sin(angle);
    }
  });
}

void bernoulli(Tensor& y, double p, double value, Philox stream) {
  fill_blocks("bernoulli", y, stream,
              [=](const std::array<uint32_t, 4>& words, std::array<double, 4>& values) {
                for (size_t i = 0; i < 4; ++i) values[i] = words[i] * 0x1p-32 < p ? value : 0;
              });
}

}  // namespace saddle::kernels::cpu
