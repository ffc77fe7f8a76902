// Records of pooling.
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "autograd/grad.h"
#include "tests/ops/record.h"

namespace saddle::test {
namespace {

using Pair = std::array<int64_t, 2>;

struct Geometry {
  Shape x;
  Pair kernel;
  Pair stride{0, 0}, padding{0, 0}, dilation{1, 1};
  bool ceil_mode = false;
  bool gradient = true;

  int64_t step(size_t i) const { return stride[i] ? stride[i] : kernel[i]; }
  /// By counting: windows begin inside the image or the padding before it, and end inside the padded image
  /// unless ceil_mode lets the last one out.
  Pair output() const {
    Pair size{};
    for (size_t i = 0; i < 2; ++i) {
      const int64_t in = x[static_cast<int>(i) + 2], reach = dilation[i] * (kernel[i] - 1) + 1;
      int64_t begin = -padding[i];
      for (; begin + reach <= in + padding[i]; begin += step(i)) ++size[i];
      const bool rest = begin - step(i) + reach < in + padding[i];
      if (ceil_mode && rest && begin < in) ++size[i];
    }
    return size;
  }
};

/// y = summary(values of the window that lie in the image, padded places, places beyond the padding).
template <class F>
Array pool_reference(const Geometry& g, const Array& x, F&& summary) {
  const Pair size = g.output();
  Array y({g.x[0], g.x[1], size[0], size[1]});
  for (int64_t n = 0; n < g.x[0]; ++n)
    for (int64_t c = 0; c < g.x[1]; ++c)
      for (int64_t i = 0; i < size[0]; ++i)
        for (int64_t j = 0; j < size[1]; ++j) {
          std::vector<double> values;
          int64_t padded = 0;
          for (int64_t u = 0; u < g.kernel[0]; ++u)
            for (int64_t v = 0; v < g.kernel[1]; ++v) {
              const int64_t row = i * g.step(0) - g.padding[0] + u * g.dilation[0];
              const int64_t column = j * g.step(1) - g.padding[1] + v * g.dilation[1];
              const bool in_image = row >= 0 && row < g.x[2] && column >= 0 && column < g.x[3];
              if (in_image)
                values.push_back(x.at(n, c, row, column));
              else if (row < g.x[2] + g.padding[0] && column < g.x[3] + g.padding[1])
                ++padded;
            }
          y.at(n, c, i, j) = summary(values, padded);
        }
  return y;
}

/// Kernel as large as the stride, larger and smaller; padding; dilation; every size of image that divides or
/// does not; one pixel; windows that reach out of the image; then rows around the lengths of vectors.
std::vector<Geometry> geometries(bool dilated) {
  std::vector<Geometry> list{
      {{2, 2, 4, 4}, {2, 2}},
      {{1, 1, 5, 5}, {3, 3}, {2, 2}, {1, 1}},
      {{1, 2, 4, 3}, {2, 2}, {1, 1}},
      {{1, 1, 5, 7}, {2, 1}, {3, 2}},
      {{1, 2, 3, 5}, {1, 3}, {2, 1}, {0, 1}},
      {{1, 1, 6, 3}, {4, 2}, {1, 3}, {2, 1}},
      {{2, 1, 1, 1}, {1, 1}},
      {{1, 1, 1, 1}, {3, 3}, {1, 1}, {1, 1}},
      {{1, 1, 3, 4}, {3, 4}},
      {{1, 1, 5, 6}, {2, 2}, {2, 2}, {0, 0}, {1, 1}, true},
      {{1, 1, 6, 5}, {3, 2}, {2, 3}, {1, 1}, {1, 1}, true},
      {{1, 1, 2, 4}, {2, 3}, {3, 2}, {1, 0}, {1, 1}, true},
      {{1, 1, 2, 7}, {3, 3}, {3, 3}, {0, 1}, {1, 1}, true},
      {{2, 3, 32, 32}, {2, 2}, {}, {}, {1, 1}, false, false},
      {{1, 2, 35, 71}, {3, 3}, {2, 2}, {1, 1}, {1, 1}, false, false},
      {{1, 2, 9, 67}, {3, 3}, {1, 1}, {1, 1}, {1, 1}, false, false},
      {{1, 1, 20, 150}, {5, 4}, {3, 4}, {2, 1}, {1, 1}, true, false},
      {{6, 40, 16, 16}, {2, 2}, {}, {}, {1, 1}, false, false},
  };
  for (int64_t width = 14; width <= 19; ++width)
    list.push_back({{1, 1, 2, 2 * width}, {2, 2}, {1, 2}, {1, 0}, {1, 1}, false, false});
  if (!dilated) return list;
  list.push_back({{1, 1, 5, 6}, {2, 3}, {1, 1}, {0, 0}, {2, 2}});
  list.push_back({{1, 1, 6, 5}, {3, 2}, {2, 1}, {1, 1}, {2, 3}});
  list.push_back({{1, 1, 5, 5}, {2, 2}, {2, 2}, {1, 1}, {3, 2}, true});
  list.push_back({{1, 2, 30, 90}, {3, 3}, {2, 2}, {1, 1}, {3, 5}, false, false});
  return list;
}

Sample sample_of(const Geometry& g) {
  Sample s;
  s.options = {{"kernel_size", g.kernel},
               {"stride", Pair{g.step(0), g.step(1)}},
               {"padding", g.padding},
               {"ceil_mode", g.ceil_mode}};
  s.name = concat(g.x, " ", s.options.dump());
  s.inputs = {{.shape = g.x}};
  s.gradient = g.gradient;
  const Pair size = g.output();
  s.bytes = 4.0 * static_cast<double>(g.x[0] * g.x[1] * (g.x[2] * g.x[3] + size[0] * size[1]));
  s.flops = static_cast<double>(g.x[0] * g.x[1] * size[0] * size[1] * g.kernel[0] * g.kernel[1]);
  return s;
}

double largest(const std::vector<double>& values) {
  double best = -std::numeric_limits<double>::infinity();
  for (const double v : values) best = std::isnan(best) || v <= best ? best : v;
  return best;
}

Sample max_sample(const Geometry& g) {
  const MaxPool2dOptions options{
      .stride = g.stride, .padding = g.padding, .dilation = g.dilation, .ceil_mode = g.ceil_mode};
  Sample s = sample_of(g);
  s.options["dilation"] = g.dilation;
  if (g.dilation != Pair{1, 1}) s.name += concat(" dilation ", g.dilation[0], "x", g.dilation[1]);
  s.run = [=](const Variables& v) { return max_pool2d(v[0], g.kernel, options); };
  s.reference = [=](const std::vector<Array>& x) {
    return pool_reference(g, x[0], [](auto& values, int64_t) { return largest(values); });
  };
  s.tolerance = 0;
  return s;
}

/// Infinities, NaN and equal pixels at every place of a window and of a vector.
Sample max_of_special_values() {
  const double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
  Sample s = max_sample({{1, 1, 9, 50}, {3, 3}, {2, 1}, {1, 1}, {1, 1}, false, false});
  s.name += " special values";
  for (int64_t i = 0; i < 450; ++i)
    s.inputs[0].values.push_back(i % 37 == 5   ? nan
                                 : i < 150     ? -inf
                                 : i % 41 == 0 ? inf
                                               : static_cast<double>(i % 3));
  return s;
}

Sample avg_sample(const Geometry& g, bool count_include_pad) {
  const AvgPool2dOptions options{.stride = g.stride,
                                 .padding = g.padding,
                                 .ceil_mode = g.ceil_mode,
                                 .count_include_pad = count_include_pad};
  Sample s = sample_of(g);
  s.options["count_include_pad"] = count_include_pad;
  if (!count_include_pad) s.name += " excluding padding";
  s.run = [=](const Variables& v) { return avg_pool2d(v[0], g.kernel, options); };
  s.reference = [=](const std::vector<Array>& x) {
    return pool_reference(g, x[0], [&](auto& values, int64_t padded) {
      double sum = 0;
      for (const double v : values) sum += v;
      const auto count = static_cast<int64_t>(values.size()) + (count_include_pad ? padded : 0);
      return sum / static_cast<double>(count);
    });
  };
  return s;
}

Sample adaptive_sample(const Shape& shape, Pair size, bool gradient) {
  Sample s;
  s.name = concat(shape, " to ", size[0], "x", size[1]);
  s.inputs = {{.shape = shape}};
  s.run = [=](const Variables& v) { return adaptive_avg_pool2d(v[0], size); };
  s.reference = [=](const std::vector<Array>& x) {
    const auto begin = [](int64_t i, int64_t in, int64_t out) { return i * in / out; };
    const auto end = [](int64_t i, int64_t in, int64_t out) { return ((i + 1) * in + out - 1) / out; };
    Array y({shape[0], shape[1], size[0], size[1]});
    for (int64_t plane = 0; plane < shape[0] * shape[1]; ++plane)
      for (int64_t i = 0; i < size[0]; ++i)
        for (int64_t j = 0; j < size[1]; ++j) {
          double sum = 0, count = 0;
          for (int64_t u = begin(i, shape[2], size[0]); u < end(i, shape[2], size[0]); ++u)
            for (int64_t v = begin(j, shape[3], size[1]); v < end(j, shape[3], size[1]); ++v, ++count)
              sum += x[0].at(plane / shape[1], plane % shape[1], u, v);
          y.at(plane / shape[1], plane % shape[1], i, j) = sum / count;
        }
    return y;
  };
  s.options = {{"output_size", size}};
  s.gradient = gradient;
  s.bytes = 4.0 * static_cast<double>(shape.numel() + shape[0] * shape[1] * size[0] * size[1]);
  return s;
}

using PoolOp = std::function<Variable(const Variable&, Pair kernel, Pair stride, Pair padding)>;

std::vector<Refusal> pool_refusals(const std::string& name, PoolOp op) {
  const auto refusal = [=](const char* what, Shape shape, Pair kernel, Pair stride, Pair padding,
                           const std::string& message) -> Refusal {
    return {what, [=] { op(zeros(shape), kernel, stride, padding); }, name + ": " + message};
  };
  return {
      refusal("kernel", {1, 1, 4, 4}, {0, 2}, {1, 1}, {0, 0}, "kernel [0,2] is below 1"),
      refusal("stride", {1, 1, 4, 4}, {2, 2}, {-1, 1}, {0, 0}, "stride [-1,1] is below 0"),
      refusal("padding", {1, 1, 4, 4}, {2, 2}, {1, 1}, {0, -1}, "padding [0,-1] is below 0"),
      refusal("wide padding", {1, 1, 4, 4}, {2, 3}, {1, 1}, {1, 2},
              "padding [1,2] is more than half of kernel [2,3]"),
      refusal("size", {1, 1, 4, 2}, {3, 5}, {1, 1}, {1, 1},
              "kernel [3,5] with dilation [1,1] is larger than image [4,2] with padding [1,1]"),
      refusal("no pixels", {1, 1, 4, 0}, {1, 1}, {1, 1}, {0, 0}, "image [4,0] is below 1"),
      refusal("rank", {1, 4, 4}, {1, 1}, {1, 1}, {0, 0}, "input [1,4,4] is not [N,C,H,W]"),
      {"dtype",
       [=] {
         op(zeros({1, 1, 4, 4}, DType::u8), {1, 1}, {1, 1}, {0, 0});
       },
       name + ": dtype u8 is not f32 or f64"},
  };
}

const Records records([](auto add) {
  std::vector<Sample> max, avg;
  for (const Geometry& g : geometries(true)) max.push_back(max_sample(g));
  max.push_back(max_of_special_values());
  max.push_back(max_sample({{0, 2, 4, 4}, {2, 2}, {}, {}, {1, 1}, false, false}));
  for (const Geometry& g : geometries(false))
    for (const bool count_include_pad : {true, false})
      if (count_include_pad || g.padding != Pair{0, 0}) avg.push_back(avg_sample(g, count_include_pad));

  std::vector<Refusal> max_refusals = pool_refusals(
      "max_pool2d", [](const Variable& x, const Pair& kernel, const Pair& stride, const Pair& padding) {
        return max_pool2d(x, kernel, {.stride = stride, .padding = padding});
      });
  max_refusals.push_back({"dilation",
                          [] {
                            max_pool2d(zeros({1, 1, 4, 4}), {2, 2}, {.dilation = {1, 0}});
                          },
                          "max_pool2d: dilation [1,0] is below 1"});
  max_refusals.push_back({"empty window",
                          [] {
                            max_pool2d(zeros({1, 1, 2, 4}), {2, 2}, {.padding = {1, 0}, .dilation = {3, 1}});
                          },
                          "max_pool2d: kernel [2,2] with dilation [3,1] and padding [1,0] has a window "
                          "without a pixel of image [2,4]"});
  add({"max_pool2d", max, max_refusals});
  add({"avg_pool2d", avg,
       pool_refusals("avg_pool2d",
                     [](const Variable& x, const Pair& kernel, const Pair& stride, const Pair& padding) {
                       return avg_pool2d(x, kernel, {.stride = stride, .padding = padding});
                     })});
  add({"adaptive_avg_pool2d",
       {adaptive_sample({2, 1, 4, 4}, {2, 2}, true), adaptive_sample({1, 2, 3, 5}, {1, 1}, true),
        adaptive_sample({1, 1, 5, 4}, {3, 3}, true), adaptive_sample({1, 1, 3, 2}, {4, 5}, true),
        adaptive_sample({1, 1, 1, 1}, {2, 1}, true), adaptive_sample({3, 5, 17, 64}, {1, 1}, false),
        adaptive_sample({1, 2, 50, 130}, {7, 3}, false), adaptive_sample({1, 2, 40, 75}, {6, 40}, false),
        adaptive_sample({64, 30, 8, 8}, {4, 4}, false)},
       {{"size",
         [] {
           adaptive_avg_pool2d(zeros({1, 1, 2, 2}), {0, 1});
         },
         "adaptive_avg_pool2d: size [0,1] is below 1"},
        {"rank",
         [] {
           adaptive_avg_pool2d(zeros({1, 2, 2}), {1, 1});
         },
         "adaptive_avg_pool2d: input [1,2,2] is not [N,C,H,W]"}}});
});

}  // namespace
}  // namespace saddle::test

TEST_CASE("max_pool2d passes the gradient to the first of equal pixels, or to NaN", "[ops][max_pool2d]") {
  using namespace saddle;
  const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
  // Wide enough for whole vectors, and narrow.
  for (const int64_t repeats : {1, 40}) {
    std::vector<float> top, bottom, expected_top, expected_bottom;
    for (int64_t i = 0; i < repeats; ++i) {
      for (const float v : {1.f, 3.f, 7.f, nan, -inf, -inf, 0.f, 5.f}) top.push_back(v);
      for (const float v : {3.f, 3.f, nan, 9.f, -inf, -inf, 2.f, 5.f}) bottom.push_back(v);
      for (const float v : {0.f, 1.f, 0.f, 0.f, 1.f, 0.f, 0.f, 1.f}) expected_top.push_back(v);
      for (const float v : {0.f, 0.f, 1.f, 0.f, 0.f, 0.f, 0.f, 0.f}) expected_bottom.push_back(v);
    }
    const int64_t width = 8 * repeats;
    top.insert(top.end(), bottom.begin(), bottom.end());
    expected_top.insert(expected_top.end(), expected_bottom.begin(), expected_bottom.end());
    const Variable x(Tensor::from(top, {1, 1, 2, width}), true);
    const Variable gx = grad({sum(max_pool2d(x, {2, 2}))}, {x})[0];
    CHECK(gx.value().to_vector<float>() == expected_top);
  }
}
