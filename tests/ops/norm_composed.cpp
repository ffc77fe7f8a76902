// Records of the normalisations that are plain formulas: pixel norm and the statistics of minibatches.
#include <cmath>

#include "tests/ops/record.h"

namespace saddle::test {
namespace {

Sample pixel_sample(const Shape& shape, bool gradient) {
  Sample s;
  const double eps = 1e-6;
  s.name = concat(shape);
  s.inputs = {{.shape = shape}};
  s.run = [=](const Variables& v) { return pixel_norm(v[0], eps); };
  s.reference = [=](const std::vector<Array>& v) {
    Array y = v[0];
    const int64_t channels = shape[1], positions = shape.numel() / shape[0] / channels;
    for (int64_t n = 0; n < shape[0]; ++n)
      for (int64_t p = 0; p < positions; ++p) {
        const auto at = [&](int64_t c) { return static_cast<size_t>((n * channels + c) * positions + p); };
        double squares = 0;
        for (int64_t c = 0; c < channels; ++c) squares += v[0].values[at(c)] * v[0].values[at(c)];
        const double r = 1 / std::sqrt(squares / static_cast<double>(channels) + eps);
        for (int64_t c = 0; c < channels; ++c) y.values[at(c)] *= r;
      }
    return y;
  };
  s.options = {{"eps", eps}};
  s.gradient = gradient;
  return s;
}

Sample stddev_sample(const Shape& shape, const MinibatchStddevOptions& options, bool gradient) {
  Sample s;
  s.name = concat(shape, " group_size ", options.group_size, " num_channels ", options.num_channels);
  s.inputs = {{.shape = shape}};
  s.run = [=](const Variables& v) { return minibatch_stddev(v[0], options); };
  s.reference = [=](const std::vector<Array>& v) {
    const int64_t batch = shape[0], channels = shape[1], positions = shape.numel() / batch / channels;
    const int64_t size = std::min(options.group_size, batch), groups = batch / size;
    const int64_t share = channels / options.num_channels;
    const auto at = [&](int64_t n, int64_t c, int64_t p) {
      return v[0].values[static_cast<size_t>((n * channels + c) * positions + p)];
    };
    const auto deviation = [&](int64_t group, int64_t c, int64_t p) {
      double m = 0, squares = 0;
      for (int64_t i = 0; i < size; ++i) m += at(i * groups + group, c, p) / static_cast<double>(size);
      for (int64_t i = 0; i < size; ++i) squares += std::pow(at(i * groups + group, c, p) - m, 2);
      return std::sqrt(squares / static_cast<double>(size) + 1e-8);
    };
    Shape out = shape;
    out.set(1, channels + options.num_channels);
    Array y(out);
    size_t i = 0;
    for (int64_t n = 0; n < batch; ++n)
      for (int64_t c = 0; c < out[1]; ++c) {
        double average = 0;
        for (int64_t k = (c - channels) * share; c >= channels && k < (c - channels + 1) * share; ++k)
          for (int64_t p = 0; p < positions; ++p)
            average += deviation(n % groups, k, p) / static_cast<double>(share * positions);
        for (int64_t p = 0; p < positions; ++p) y.values[i++] = c < channels ? at(n, c, p) : average;
      }
    return y;
  };
  s.options = {{"group_size", options.group_size}, {"num_channels", options.num_channels}};
  s.gradient = gradient;
  return s;
}

Refusal refusal(const char* name, std::function<void()> run, const char* message) {
  return {name, std::move(run), message};
}

const Records records([](auto add) {
  const Variable x = zeros({2, 4, 3, 3});
  add({"pixel_norm",
       {pixel_sample({2, 3, 2, 2}, true), pixel_sample({3, 5}, true), pixel_sample({2, 33, 5, 7}, false)},
       {refusal(
            "rank", [] { pixel_norm(zeros({4})); }, "pixel_norm: input [4] is not [N,C,..]"),
        refusal(
            "eps", [=] { pixel_norm(x, -1); }, "pixel_norm: eps -1 is below 0")}});
  add({"minibatch_stddev",
       {stddev_sample({4, 2, 2, 1}, {2, 1}, true), stddev_sample({2, 4, 3}, {4, 2}, true),
        stddev_sample({6, 3}, {3, 3}, true), stddev_sample({8, 6, 5, 5}, {}, false)},
       {refusal(
            "group size",
            [] {
              minibatch_stddev(zeros({6, 4, 3, 3}));
            },
            "minibatch_stddev: group_size 4 does not divide the 6 samples of input [6,4,3,3]"),
        refusal(
            "no group", [=] { minibatch_stddev(x, {.group_size = 0}); }, "group_size 0 does not divide"),
        refusal(
            "channels", [=] { minibatch_stddev(x, {.num_channels = 3}); },
            "minibatch_stddev: num_channels 3 does not divide the 4 channels of input [2,4,3,3]"),
        refusal(
            "nothing",
            [] {
              minibatch_stddev(zeros({0, 4}));
            },
            "minibatch_stddev: input [0,4] has no elements")}});
});

}  // namespace
}  // namespace saddle::test
