// Records of softmax and log_softmax.
#include <cmath>

#include "tests/ops/record.h"

namespace saddle::test {
namespace {

Array reference(const Array& x, int axis, bool logarithm) {
  Array y(x.shape);
  const int64_t n = x.shape[axis], inner = x.shape.stride(axis);
  for (int64_t start = 0; start < x.shape.numel(); ++start) {
    if (start / inner % n != 0) continue;
    const auto at = [&](int64_t i) { return static_cast<size_t>(start + i * inner); };
    double top = -INFINITY, sum = 0;
    for (int64_t i = 0; i < n; ++i) top = std::max(top, x.values[at(i)]);
    for (int64_t i = 0; i < n; ++i) sum += std::exp(x.values[at(i)] - top);
    for (int64_t i = 0; i < n; ++i) {
      const double shifted = x.values[at(i)] - top;
      y.values[at(i)] = logarithm ? shifted - std::log(sum) : std::exp(shifted) / sum;
    }
  }
  return y;
}

std::vector<Sample> samples(Variable (*op)(const Variable&, int), bool logarithm) {
  const auto sample = [=](const Shape& shape, int axis, double range, bool gradient) {
    Sample s;
    s.name = concat(shape, " axis=", axis, " range=", range);
    s.inputs = {{.shape = shape, .low = -range, .high = range}};
    s.options = {{"dim", axis}};
    s.run = [=](const Variables& v) { return op(v[0], axis); };
    s.reference = [=](const std::vector<Array>& x) {
      return reference(x[0], x[0].shape.axis(axis), logarithm);
    };
    s.gradient = gradient;
    s.tolerance = 32;
    s.bytes = 8.0 * static_cast<double>(shape.numel());
    return s;
  };
  // As masks leave them: whole threads see nothing but -inf.
  const auto masked = [=](const Shape& shape, int axis) {
    Sample s = sample(shape, axis, 1, false);
    s.name += " masked";
    for (int64_t i = 0; i < shape.numel(); ++i)
      s.inputs[0].values.push_back(i % 97 == 1 ? static_cast<double>(i % 5) : -INFINITY);
    return s;
  };
  return {masked({2, 200}, 1),
          masked({2, 8200}, 1),
          masked({300, 3}, 0),
          sample({3, 7}, 1, 3, true),
          sample({3, 7}, 0, 3, true),
          sample({2, 5, 3}, -2, 3, true),
          sample({1, 1}, 1, 3, true),
          sample({4, 17}, -1, 3, true),
          sample({16}, 0, 3, true),
          sample({5, 1000}, 1, 3, false),
          sample({3, 20, 40}, 1, 3, false),
          sample({3, 33}, 1, 500, false),
          sample({2, 8200}, 1, 3, false),
          sample({2, 8195}, 1, 500, false),
          sample({2, 300, 5}, 1, 3, false),
          sample({0, 4}, 1, 3, false)};
}

const Records records([](auto add) {
  add({"softmax",
       samples(softmax, false),
       {{"axis",
         [] {
           softmax(zeros({2, 3}), 2);
         },
         "softmax: axis 2 is out of range for shape [2,3]"},
        {"dtype", [] { softmax(zeros({2}, DType::i64), 0); }, "softmax: dtype i64 is not f32 or f64"}}});
  add({"log_softmax",
       samples(log_softmax, true),
       {{"axis",
         [] {
           log_softmax(zeros({2, 3}), -3);
         },
         "log_softmax: axis -3 is out of range"}}});
});

}  // namespace
}  // namespace saddle::test
