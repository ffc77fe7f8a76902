// Records of the minibatch standard deviation and of its derivative, held against loops over the formulas of
// kernels/minibatch_stddev.h.
#include <cmath>

#include "tests/ops/record.h"

namespace saddle::test {
namespace {

/// A batch in its groups: members of a group are `groups` samples apart.
struct Batch {
  int64_t channels, positions, size, groups, share;  ///< share: channels a statistic

  Batch(const Shape& shape, const MinibatchStddevOptions& options)
      : channels(shape[1]),
        positions(shape.numel() / shape[0] / shape[1]),
        size(std::min(options.group_size, shape[0])),
        groups(shape[0] / size),
        share(channels / options.num_channels) {}

  size_t at(int64_t n, int64_t c, int64_t p) const {
    return static_cast<size_t>((n * channels + c) * positions + p);
  }
  double mean(const Array& x, int64_t group, int64_t c, int64_t p) const {
    double sum = 0;
    for (int64_t i = 0; i < size; ++i) sum += x.values[at(i * groups + group, c, p)];
    return sum / static_cast<double>(size);
  }
  double deviation(const Array& x, int64_t group, int64_t c, int64_t p) const {
    const double m = mean(x, group, c, p);
    double squares = 0;
    for (int64_t i = 0; i < size; ++i) squares += std::pow(x.values[at(i * groups + group, c, p)] - m, 2);
    return std::sqrt(squares / static_cast<double>(size) + 1e-8);
  }
};

Array reference(const Array& x, const MinibatchStddevOptions& options) {
  const Batch b(x.shape, options);
  Shape out = x.shape;
  out.set(1, b.channels + options.num_channels);
  Array y(out);
  size_t i = 0;
  for (int64_t n = 0; n < out[0]; ++n)
    for (int64_t c = 0; c < out[1]; ++c) {
      double average = 0;
      for (int64_t k = (c - b.channels) * b.share; c >= b.channels && k < (c - b.channels + 1) * b.share; ++k)
        for (int64_t p = 0; p < b.positions; ++p)
          average += b.deviation(x, n % b.groups, k, p) / static_cast<double>(b.share * b.positions);
      for (int64_t p = 0; p < b.positions; ++p)
        y.values[i++] = c < b.channels ? x.values[b.at(n, c, p)] : average;
    }
  return y;
}

Array grad_reference(const Array& gy, const Array& x, const MinibatchStddevOptions& options) {
  const Batch b(x.shape, options);
  const int64_t appended = b.channels + options.num_channels;
  const auto g = [&](int64_t n, int64_t c, int64_t p) {
    return gy.values[static_cast<size_t>((n * appended + c) * b.positions + p)];
  };
  Array gx(x.shape);
  for (int64_t n = 0; n < x.shape[0]; ++n)
    for (int64_t c = 0; c < b.channels; ++c) {
      const int64_t group = n % b.groups;
      double held = 0;
      for (int64_t i = 0; i < b.size; ++i)
        for (int64_t p = 0; p < b.positions; ++p)
          held += g(i * b.groups + group, b.channels + c / b.share, p);
      held /= static_cast<double>(b.size * b.share * b.positions);
      for (int64_t p = 0; p < b.positions; ++p)
        gx.values[b.at(n, c, p)] = g(n, c, p) + held * (x.values[b.at(n, c, p)] - b.mean(x, group, c, p)) /
                                                    b.deviation(x, group, c, p);
    }
  return gx;
}

Sample sample(const Shape& shape, const MinibatchStddevOptions& options, bool of_gradient, bool gradient,
              double mean = 0) {
  Sample s;
  s.name = concat(shape, " group_size ", options.group_size, " num_channels ", options.num_channels,
                  mean == 0 ? "" : " far from 0");
  Shape appended = shape;
  appended.set(1, shape[1] + options.num_channels);
  if (of_gradient) s.inputs.push_back({.shape = appended});
  s.inputs.push_back({.shape = shape, .low = mean - 1, .high = mean + 1});
  s.run = [=](const Variables& v) {
    return of_gradient ? minibatch_stddev_grad(v[0], v[1], options) : minibatch_stddev(v[0], options);
  };
  s.reference = [=](const std::vector<Array>& v) {
    return of_gradient ? grad_reference(v[0], v[1], options) : reference(v[0], options);
  };
  s.options = {{"group_size", options.group_size}, {"num_channels", options.num_channels}};
  s.gradient = gradient;
  return s;
}

std::vector<Sample> samples(bool of_gradient) {
  const auto make = [&](const Shape& shape, const MinibatchStddevOptions& options, bool gradient = false,
                        double mean = 0) { return sample(shape, options, of_gradient, gradient, mean); };
  return {make({4, 2, 2, 1}, {2, 1}, true),
          make({2, 4, 3}, {4, 2}, true),
          make({6, 3}, {3, 3}, true),
          make({2, 2, 2, 2}, {4, 1}, true),  // in packs
          make({3, 2, 2}, {1, 1}),           // alone: nothing varies
          make({8, 6, 5, 5}, {}),
          make({4, 12, 2, 2}, {4, 3}),
          make({2, 2, 23, 23}, {}),  // more than a task's elements, and more than a block's
          make({2, 2, 32, 33}, {}),  // the same in packs
          make({2, 2, 23, 24}, {2, 2}, false, 4096)};
}

const Records records([](auto add) {
  const Variable x = zeros({2, 4, 3, 3});
  add({"minibatch_stddev",
       samples(false),
       {{"group size",
         [] {
           minibatch_stddev(zeros({6, 4, 3, 3}));
         },
         "minibatch_stddev: group_size 4 does not divide the 6 samples of input [6,4,3,3]"},
        {"no group", [=] { minibatch_stddev(x, {.group_size = 0}); }, "group_size 0 does not divide"},
        {"channels", [=] { minibatch_stddev(x, {.num_channels = 3}); },
         "minibatch_stddev: num_channels 3 does not divide the 4 channels of input [2,4,3,3]"},
        {"nothing",
         [] {
           minibatch_stddev(zeros({0, 4}));
         },
         "minibatch_stddev: input [0,4] has no elements"}}});
  add({"minibatch_stddev_grad",
       samples(true),
       {{"gradient's shape", [=] { minibatch_stddev_grad(x, x); },
         "minibatch_stddev_grad: output gradient [2,4,3,3] is not [2,5,3,3] for input [2,4,3,3]"}}});
});

}  // namespace
}  // namespace saddle::test
