// Records of the ops that draw random numbers: each draws the same ones every time it is run. The reference
// reads the stream word by word.
#include <cmath>
#include <numbers>

#include "tests/ops/record.h"

namespace saddle::test {
namespace {

constexpr uint64_t seed = 42;

double unit(int64_t i) {
  return Philox{seed, 0}(static_cast<uint64_t>(i / 4))[static_cast<size_t>(i % 4)] * 0x1p-32;
}

std::vector<Sample> samples(std::function<Variable(const Variable&, Generator&)> op,
                            std::function<double(double x, int64_t i)> formula, nlohmann::json options,
                            bool gradient) {
  std::vector<Sample> all;
  for (const Shape& shape : {Shape{3, 5}, Shape{}, Shape{4}, Shape{3, 2001}}) {
    Sample s;
    s.name = concat(shape);
    s.inputs = {{.shape = shape, .differentiable = gradient}};
    s.options = options;
    s.run = [=](const Variables& v) {
      Generator random(seed);
      return op(v[0], random);
    };
    s.reference = [=](const std::vector<Array>& x) {
      Array y(x[0].shape);
      for (int64_t i = 0; i < y.shape.numel(); ++i)
        y.values[static_cast<size_t>(i)] = formula(x[0].values[static_cast<size_t>(i)], i);
      return y;
    };
    s.gradient = gradient && shape.numel() < 100;
    all.push_back(s);
  }
  return all;
}

const Records records([](auto add) {
  add({"random_uniform",
       samples(
           [](const Variable& x, Generator& random) {
             return random_uniform(x.shape(), random, -2, 5, {.dtype = x.dtype(), .device = x.device()});
           },
           [](double, int64_t i) { return -2 + 7 * unit(i); }, {{"low", -2}, {"high", 5}}, false),
       {{"bounds",
         [] {
           Generator random;
           random_uniform({2}, random, 1, 1);
         },
         "random_uniform: low 1 is not below high 1"}}});
  add({"random_normal", samples(
                            [](const Variable& x, Generator& random) {
                              return random_normal(x.shape(), random,
                                                   {.dtype = x.dtype(), .device = x.device()});
                            },
                            [](double, int64_t i) {
                              const int64_t first = i / 2 * 2;
                              const double radius = std::sqrt(-2 * std::log(unit(first) + 0x1p-32));
                              const double angle = 2 * std::numbers::pi * unit(first + 1);
                              return radius * (i % 2 ? std::sin(angle) : std::cos(angle));
                            },
                            {}, false)});
  add({"dropout",
       samples([](const Variable& x, Generator& random) { return dropout(x, 0.25, random); },
               [](double x, int64_t i) { return unit(i) < 0.75 ? x / 0.75 : 0; }, {{"p", 0.25}}, true),
       {{"p",
         [] {
           Generator random;
           dropout(zeros({2}), 1, random);
         },
         "dropout: p 1 is not in [0, 1)"}}});
});

}  // namespace
}  // namespace saddle::test
