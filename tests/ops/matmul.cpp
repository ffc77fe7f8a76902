// Records of matrix products.
#include <cmath>

#include "tests/ops/activated.h"

namespace saddle::test {
namespace {

/// The element of batch index `g` of `shape`, in x, whose batch axes broadcast to it.
size_t matrix_offset(const Array& x, const Shape& shape, int64_t g) {
  int64_t offset = 0, stride = x.shape[-2] * x.shape[-1];
  for (int d = shape.rank() - 3; d >= 0; --d) {
    const int own = d - (shape.rank() - x.shape.rank());
    const int64_t i = g % shape[d];
    g /= shape[d];
    if (own < 0) continue;
    if (x.shape[own] != 1) offset += i * stride;
    stride *= x.shape[own];
  }
  return static_cast<size_t>(offset);
}

Array product(const Array& a, const Array& b, MatmulOptions options) {
  const int64_t m = a.shape[options.trans_a ? -1 : -2], k = a.shape[options.trans_a ? -2 : -1];
  const int64_t n = b.shape[options.trans_b ? -2 : -1];
  const auto batch = [](const Array& x) {
    return Shape(std::span(x.shape.begin(), static_cast<size_t>(x.shape.rank() - 2)));
  };
  Shape shape = broadcast_shape("reference", batch(a), batch(b));
  const int64_t count = shape.numel();
  shape.push_back(m);
  shape.push_back(n);
  Array y(shape);
  for (int64_t g = 0; g < count; ++g) {
    const double *pa = a.values.data() + matrix_offset(a, shape, g),
                 *pb = b.values.data() + matrix_offset(b, shape, g);
    for (int64_t i = 0; i < m; ++i)
      for (int64_t j = 0; j < n; ++j)
        for (int64_t l = 0; l < k; ++l)
          y.values[static_cast<size_t>((g * m + i) * n + j)] +=
              pa[options.trans_a ? l * m + i : i * k + l] * pb[options.trans_b ? j * k + l : l * n + j];
  }
  return y;
}

Sample matmul_sample(const Shape& a, const Shape& b, MatmulOptions options, bool gradient) {
  Sample s;
  s.name = concat(a, options.trans_a ? "^T " : " ", b, options.trans_b ? "^T" : "");
  // Scaled such that each sum of k products is about 1.
  const auto k = static_cast<double>(a[options.trans_a ? -2 : -1]);
  const double scale = 1 / std::sqrt(k + 1);
  s.inputs = {{.shape = a}, {.shape = b, .low = -scale, .high = scale}};
  s.run = [options](const Variables& v) { return matmul(v[0], v[1], options); };
  s.reference = [options](const std::vector<Array>& x) { return product(x[0], x[1], options); };
  s.options = {{"trans_a", options.trans_a}, {"trans_b", options.trans_b}};
  s.gradient = gradient;
  const Array y = product(Array(a), Array(b), options);
  s.flops = 2 * k * static_cast<double>(y.shape.numel());
  s.bytes = 4.0 * static_cast<double>(a.numel() + b.numel() + y.shape.numel());
  s.tolerance = 2 * std::sqrt(k + 4);
  return s;
}

Sample linear_sample(const Shape& x, int64_t out, bool bias, const Activation& activation = {}) {
  Sample s;
  s.name = concat(x, " to ", out, bias ? " with bias" : "");
  s.inputs = {{.shape = x}, {.shape = {out, x[-1]}}};
  if (bias) s.inputs.push_back({.shape = {out}});
  describe(s, activation);
  s.run = [=](const Variables& v) {
    return linear(v[0], v[1], v.size() > 2 ? v[2] : Variable(), activation);
  };
  s.reference = [=](const std::vector<Array>& v) {
    const int64_t in = v[1].shape[1], n = v[1].shape[0];
    Shape shape = v[0].shape;
    shape.set(-1, n);
    Array y(shape);
    for (size_t i = 0; i < y.values.size(); ++i) {
      const size_t row = i / static_cast<size_t>(n), column = i % static_cast<size_t>(n);
      if (v.size() > 2) y.values[i] = v[2].values[column];
      for (size_t l = 0; l < static_cast<size_t>(in); ++l)
        y.values[i] += v[0].values[row * static_cast<size_t>(in) + l] *
                       v[1].values[column * static_cast<size_t>(in) + l];
    }
    return activated(activation, y);
  };
  const auto k = static_cast<double>(x[-1]), rows = static_cast<double>(x.numel()) / k;
  s.flops = 2 * static_cast<double>(x.numel() * out);
  s.bytes = 4 * (k * rows + k * static_cast<double>(out) + rows * static_cast<double>(out));
  s.tolerance = 2 * std::sqrt(k + 4);
  return s;
}

const Records records([](auto add_record) {
  struct Shapes {
    int64_t m, n, k;
    Shape batch_a = {}, batch_b = {};
    bool gradient = true;
  };
  const std::vector<Shapes> cases{{2, 3, 4},
                                  {1, 1, 1},
                                  {1, 5, 2},
                                  {5, 1, 3},
                                  {4, 2, 1},
                                  {3, 2, 0},
                                  {2, 3, 4, {2}, {2}},
                                  {2, 3, 4, {2}, {}},
                                  {2, 3, 4, {}, {2}},
                                  {2, 1, 3, {2, 1}, {3}},
                                  {2, 2, 2, {1}, {3}},
                                  {64, 128, 100, {}, {}, false},
                                  {37, 41, 300, {}, {}, false},
                                  {19, 35, 33, {3}, {3}, false},
                                  // At and past the borders of the GPU's tiles, and tall and thin.
                                  {8, 16, 8, {}, {}, false},
                                  {9, 17, 9, {}, {}, false},
                                  {33, 1, 257, {}, {}, false}};
  std::vector<Sample> samples;
  for (const Shapes& c : cases)
    for (bool trans_a : {false, true})
      for (bool trans_b : {false, true}) {
        const auto shape = [](Shape batch, int64_t rows, int64_t columns, bool transposed) {
          batch.push_back(transposed ? columns : rows);
          batch.push_back(transposed ? rows : columns);
          return batch;
        };
        samples.push_back(matmul_sample(shape(c.batch_a, c.m, c.k, trans_a),
                                        shape(c.batch_b, c.k, c.n, trans_b), {trans_a, trans_b}, c.gradient));
      }
  add_record({"matmul",
              samples,
              {{"rank",
                [] {
                  matmul(zeros({3}), zeros({3, 2}));
                },
                "matmul: shapes [3] and [3,2]: both need rank 2 or more"},
               {"inner extents",
                [] {
                  matmul(zeros({2, 3}), zeros({4, 5}));
                },
                "matmul: [2,3] has 3 columns, [4,5] has 4 rows"},
               {"inner extents, transposed",
                [] {
                  matmul(zeros({2, 3}), zeros({3, 5}), {.trans_a = true});
                },
                "matmul: [2,3] transposed has 2 columns, [3,5] has 3 rows"},
               {"batch",
                [] {
                  matmul(zeros({2, 3, 4}), zeros({3, 4, 5}));
                },
                "matmul: shapes [2] and [3] do not broadcast"},
               {"dtypes",
                [] {
                  matmul(zeros({2, 2}), zeros({2, 2}, DType::f64));
                },
                "matmul: dtypes f32 and f64 differ"},
               {"dtype",
                [] {
                  matmul(zeros({2, 2}, DType::i64), zeros({2, 2}, DType::i64));
                },
                "matmul: dtype i64 is not f32 or f64"}}});
  add_record({"linear",
              {linear_sample({2, 3}, 4, true), linear_sample({2, 3}, 4, false), linear_sample({5}, 3, true),
               linear_sample({2, 3, 4}, 5, true), linear_sample({1, 7}, 1, true),
               linear_sample({3, 4}, 5, true, leaky_after), linear_sample({2, 3, 4}, 5, true, tanh_after),
               linear_sample({5}, 3, true, relu_after), linear_sample({3, 2}, 4, false, tanh_after)},
              {{"features",
                [] {
                  linear(zeros({2, 3}), zeros({4, 5}));
                },
                "linear: weight [4,5] expects 5 features, input [2,3] has 3"},
               {"weight",
                [] {
                  linear(zeros({2, 3}), zeros({3}));
                },
                "linear: weight [3] is not [O,I]"},
               {"bias",
                [] {
                  linear(zeros({2, 3}), zeros({4, 3}), zeros({3}));
                },
                "linear: bias [3] does not fit the 4 outputs of weight [4,3]"}}});
});

}  // namespace
}  // namespace saddle::test
