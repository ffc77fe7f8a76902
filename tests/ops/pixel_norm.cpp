// Records of pixel norm and of its derivative, held against loops over the formulas of kernels/pixel_norm.h.
#include <cmath>

#include "tests/ops/record.h"

namespace saddle::test {
namespace {

constexpr double eps = 1e-6;

/// y of x alone, or the gradient of gy and x.
Array reference(const Shape& shape, const Array* gy, const Array& x) {
  Array z = x;
  if (z.values.empty()) return z;
  const int64_t channels = shape[1], positions = shape.numel() / shape[0] / channels;
  for (int64_t n = 0; n < shape[0]; ++n)
    for (int64_t p = 0; p < positions; ++p) {
      const auto at = [&](int64_t c) { return static_cast<size_t>((n * channels + c) * positions + p); };
      double squares = 0, products = 0;
      for (int64_t c = 0; c < channels; ++c) {
        squares += x.values[at(c)] * x.values[at(c)] / static_cast<double>(channels);
        if (gy) products += x.values[at(c)] * gy->values[at(c)] / static_cast<double>(channels);
      }
      const double r = 1 / std::sqrt(squares + eps);
      for (int64_t c = 0; c < channels; ++c)
        z.values[at(c)] =
            gy ? r * gy->values[at(c)] - r * r * r * products * x.values[at(c)] : r * x.values[at(c)];
    }
  return z;
}

Sample sample(const Shape& shape, bool of_gradient, bool gradient) {
  Sample s;
  s.name = concat(shape);
  s.inputs.assign(of_gradient ? 2 : 1, {.shape = shape});
  s.run = [=](const Variables& v) {
    return of_gradient ? pixel_norm_grad(v[0], v[1], eps) : pixel_norm(v[0], eps);
  };
  s.reference = [=](const std::vector<Array>& v) {
    return reference(shape, of_gradient ? &v[0] : nullptr, v.back());
  };
  s.options = {{"eps", eps}};
  s.gradient = gradient;
  s.bytes = (of_gradient ? 12.0 : 8.0) * static_cast<double>(shape.numel());
  s.flops = (of_gradient ? 8.0 : 4.0) * static_cast<double>(shape.numel());
  if (of_gradient) s.tolerance = 64;
  return s;
}

std::vector<Sample> samples(bool of_gradient) {
  const auto make = [&](const Shape& shape, bool gradient = false) {
    return sample(shape, of_gradient, gradient);
  };
  return {make({2, 3, 2, 2}, true), make({3, 5}, true), make({2, 2, 3}, true),
          make({0, 3, 2, 2}),       make({2, 9, 4, 4}),  // more than a thread's channels
          make({2, 33, 5, 7}),                           // off 16 bytes
          make({1, 2, 1028}),                            // more than a block's positions, one pack over
          make({2, 130, 6, 6}),                          // the same of many channels
          make({1, 33, 31, 31}),                         // more than a task's positions
          make({1, 520, 2, 33}),                         // the same, and more channels than a block keeps
          make({1, 520, 2, 2}),                          // the same in packs
          make({2, 1030})};
}

const Records records([](auto add) {
  add({"pixel_norm",
       samples(false),
       {{"rank", [] { pixel_norm(zeros({4})); }, "pixel_norm: input [4] is not [N,C,..]"},
        {"dtype",
         [] {
           pixel_norm(zeros({2, 4}, DType::i64));
         },
         "pixel_norm: dtype i64 is not f32 or f64"},
        {"eps",
         [] {
           pixel_norm(zeros({2, 4, 3, 3}), -1);
         },
         "pixel_norm: eps -1 is below 0"}}});
  add({"pixel_norm_grad",
       samples(true),
       {{"gradient's shape",
         [] {
           pixel_norm_grad(zeros({2, 4, 9}), zeros({2, 4, 3, 3}));
         },
         "pixel_norm_grad: output gradient [2,4,9] does not fit input [2,4,3,3]"},
        {"dtypes",
         [] {
           pixel_norm_grad(zeros({2, 4}, DType::f64), zeros({2, 4}));
         },
         "pixel_norm_grad: dtypes f64 and f32 differ"}}});
});

}  // namespace
}  // namespace saddle::test
