#include "gan/control/interpolation.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "gan/batch_shape.h"

namespace saddle {
namespace {

double dot(const Tensor& a, const Tensor& b) {
  const auto *x = a.data<float>(), *y = b.data<float>();
  double sum = 0;
  for (int64_t i = 0; i < a.numel(); ++i) sum += double{x[i]} * y[i];
  return sum;
}

}  // namespace

Tensor interpolate(const Tensor& a, const Tensor& b, int64_t frames, Path path) {
  require(a.shape() == b.shape() && a.dtype() == DType::f32 && b.dtype() == DType::f32,
          "interpolate: ", a.dtype(), a.shape(), " and ", b.dtype(), b.shape(),
          " are not two f32 latents of one shape");
  require<UsageError>(frames >= 2, "interpolate: ", frames, " frames do not hold both ends");
  const Tensor from = a.to(Device{}), to = b.to(Device{});
  const double lengths = std::sqrt(dot(from, from) * dot(to, to));
  const double angle = lengths > 0 ? std::acos(std::clamp(dot(from, to) / lengths, -1.0, 1.0)) : 0;
  // Where the ends point (almost) the same or opposite ways, no great circle is distinguished.
  const bool straight = path == Path::linear || std::sin(angle) < 1e-6;

  Tensor latents = Tensor::empty(batch_shape(frames, a.shape()));
  auto* out = latents.data<float>();
  for (int64_t frame = 0; frame < frames; ++frame) {
    const double t = static_cast<double>(frame) / static_cast<double>(frames - 1);
    const double wa = straight ? 1 - t : std::sin((1 - t) * angle) / std::sin(angle);
    const double wb = straight ? t : std::sin(t * angle) / std::sin(angle);
    for (int64_t i = 0; i < a.numel(); ++i)
      *out++ = static_cast<float>(wa * from.data<float>()[i] + wb * to.data<float>()[i]);
  }
  return latents;
}

}  // namespace saddle
