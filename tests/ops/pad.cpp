// Records of padding.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "tests/ops/record.h"

namespace saddle::test {
namespace {

using PadOp = std::function<Variable(const Variable&, const Pad2d&)>;
/// The place of an axis of that extent whose pixel stands at place i; -1 for none.
using Source = std::function<int64_t(int64_t i, int64_t extent)>;

int64_t inside(int64_t i, int64_t extent) {
  return i >= 0 && i < extent ? i : -1;
}

int64_t mirrored(int64_t i, int64_t extent) {
  if (i < 0) i = -i;
  while (i >= extent) i -= 2 * (i - extent + 1);
  return i;
}

int64_t nearest(int64_t i, int64_t extent) {
  return i < 0 ? 0 : i >= extent ? extent - 1 : i;
}

Sample sample_of(PadOp op, Source source, const Shape& shape, const Pad2d& pad, double value, bool gradient) {
  Sample s;
  const std::vector<int64_t> sides{pad.left, pad.right, pad.top, pad.bottom};
  s.name = concat(shape, " ", nlohmann::json(sides).dump(), " ", value);
  s.inputs = {{.shape = shape}};
  s.run = [=](const Variables& v) { return op(v[0], pad); };
  s.reference = [=](const std::vector<Array>& x) {
    Array y({shape[0], shape[1], shape[2] + pad.top + pad.bottom, shape[3] + pad.left + pad.right});
    for (int64_t n = 0; n < shape[0]; ++n)
      for (int64_t c = 0; c < shape[1]; ++c)
        for (int64_t i = 0; i < y.shape[2]; ++i)
          for (int64_t j = 0; j < y.shape[3]; ++j) {
            const int64_t u = source(i - pad.top, shape[2]), v = source(j - pad.left, shape[3]);
            y.at(n, c, i, j) = u < 0 || v < 0 ? value : x[0].at(n, c, u, v);
          }
    return y;
  };
  s.options = {{"pad", sides}};
  s.gradient = gradient;
  s.tolerance = 0;
  s.bytes = 8.0 * static_cast<double>(shape.numel());
  return s;
}

std::vector<Sample> samples(PadOp op, Source source, double value = 0) {
  std::vector<Sample> list;
  const auto add = [&](const Shape& shape, const Pad2d& pad, bool gradient) {
    list.push_back(sample_of(op, source, shape, pad, value, gradient));
  };
  add({1, 2, 2, 3}, {.left = 1, .right = 1, .top = 1, .bottom = 1}, true);
  add({2, 1, 3, 2}, {.left = 0, .right = 1, .top = 2, .bottom = 1}, true);
  add({1, 1, 4, 4}, {.left = 3, .right = 3}, true);
  add({1, 1, 1, 1}, {}, true);
  add({1, 1, 2, 5}, {.left = 2, .right = 4}, true);
  add({2, 2, 16, 16}, {.left = 3, .right = 3, .top = 3, .bottom = 3}, false);
  add({1, 3, 5, 40}, {.left = 39, .right = 1, .top = 0, .bottom = 4}, false);
  add({1, 1, 3, 100}, {.left = 7, .right = 31, .top = 1, .bottom = 2}, false);
  add({0, 3, 4, 4}, {.left = 1}, false);
  return list;
}

std::vector<Refusal> refusals(const std::string& name, PadOp op) {
  return {{"negative",
           [=] {
             op(zeros({1, 1, 3, 3}), {.left = 1, .bottom = -1});
           },
           name + ": pad [1,0,0,-1] is below 0"},
          {"no pixels",
           [=] {
             op(zeros({1, 1, 3, 0}), {});
           },
           name + ": image [3,0] is below 1"},
          {"rank",
           [=] {
             op(zeros({1, 3, 3}), {});
           },
           name + ": input [1,3,3] is not [N,C,H,W]"},
          {"dtype",
           [=] {
             op(zeros({1, 1, 3, 3}, DType::i64), {});
           },
           name + ": dtype i64 is not f32 or f64"}};
}

const Records records([](auto add) {
  const PadOp constant_pad = [](auto& x, auto& pad) { return constant_pad2d(x, pad, 2.5); };
  std::vector<Sample> constant = samples(constant_pad, inside, 2.5);
  for (Sample& s : constant) s.options["value"] = 2.5;
  add({"constant_pad2d", constant, refusals("constant_pad2d", constant_pad)});
  add({"zero_pad2d", samples(zero_pad2d, inside), refusals("zero_pad2d", zero_pad2d)});

  std::vector<Refusal> reflection = refusals("reflection_pad2d", reflection_pad2d);
  reflection.push_back({"too wide",
                        [] {
                          reflection_pad2d(zeros({1, 1, 3, 2}), {.right = 2});
                        },
                        "reflection_pad2d: pad [0,2,0,0] is not smaller than the image of [1,1,3,2]"});
  reflection.push_back({"too high",
                        [] {
                          reflection_pad2d(zeros({1, 1, 3, 5}), {.top = 3});
                        },
                        "reflection_pad2d: pad [0,0,3,0] is not smaller than the image of [1,1,3,5]"});
  add({"reflection_pad2d", samples(reflection_pad2d, mirrored), reflection});
  add({"replication_pad2d", samples(replication_pad2d, nearest),
       refusals("replication_pad2d", replication_pad2d)});
});

}  // namespace
}  // namespace saddle::test

TEST_CASE("padding keeps infinities and NaN to themselves", "[ops][pad]") {
  using namespace saddle;
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  const Variable x = Tensor::from<float>({inf, nan}, {1, 1, 1, 2});
  const auto zero = zero_pad2d(x, {.left = 1, .right = 1, .top = 1}).value().to_vector<float>();
  for (const size_t i : {0, 1, 2, 3, 4, 7}) CHECK(zero[i] == 0);
  CHECK(zero[5] == inf);
  CHECK(std::isnan(zero[6]));
  const auto lowest = constant_pad2d(x, {.left = 1, .bottom = 1}, -inf).value().to_vector<float>();
  for (const size_t i : {0, 3, 4, 5}) CHECK(lowest[i] == -inf);
  CHECK(lowest[1] == inf);
}
