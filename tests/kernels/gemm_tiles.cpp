// Every tile of the GPU's products in fp32 and f64, on shapes one past its borders, where a GPU would take a
// smaller tile: whole numbers give the bits of the CPU's f64. The op table has the shapes; this has the
// tiles.
#include <catch2/catch.hpp>
#include <functional>

#include "core/random.h"
#include "kernels/conv.h"
#include "kernels/cuda/gemm_choice.h"
#include "kernels/matmul.h"
#include "tests/devices.h"

namespace saddle {
namespace {

using kernels::Conv2dOptions;
using kernels::MatmulOptions;

template <class T>
Tensor whole_numbers(const Shape& shape, uint64_t seed) {
  Generator random(seed);
  std::vector<T> values(static_cast<size_t>(shape.numel()));
  for (T& x : values) x = static_cast<T>(random.below(7)) - 3;
  return Tensor::from(values, shape);
}

/// y = f(a, b), on whatever device they are.
using Product = std::function<void(const Tensor& a, const Tensor& b, Tensor& y)>;

template <class T>
std::vector<T> run(const Product& product, const Shape& a, const Shape& b, const Shape& y, Device device) {
  Tensor result = Tensor::empty(y, dtype_of<T>, device);
  product(whole_numbers<T>(a, 1).to(device), whole_numbers<T>(b, 2).to(device), result);
  return result.to_vector<T>();
}

template <class T>
void check(const Product& product, const Shape& a, const Shape& b, const Shape& y) {
  const std::vector<double> truth = run<double>(product, a, b, y, Device{});
  const std::vector<T> expected(truth.begin(), truth.end());
  for (const Device device : test::other_devices())
    for (int tile = 0; tile < kernels::ForcedTile::most; ++tile) {
      const kernels::ForcedTile force(tile);
      INFO(device.str() << " " << dtype_of<T> << " tile " << tile << ": " << a << " " << b << " " << y);
      CHECK(run<T>(product, a, b, y, device) == expected);
    }
}

template <class T>
void check_matmul(const Shape& a, const Shape& b, const Shape& y, MatmulOptions options) {
  check<T>([=](const Tensor& ta, const Tensor& tb, Tensor& ty) { kernels::matmul(ta, tb, ty, options); }, a,
           b, y);
}

/// The convolution x w and both its gradients.
template <class T>
void check_conv(const Shape& x, const Shape& w, const Conv2dOptions& options) {
  const auto size = [&](int axis) {
    const auto i = static_cast<size_t>(axis);
    return kernels::conv_output_size(x[axis + 2], w[axis + 2], options.stride[i], options.padding[i],
                                     options.dilation[i]);
  };
  const Shape y{x[0], w[0], size(0), size(1)};
  check<T>([&](const Tensor& a, const Tensor& b, Tensor& r) { kernels::conv2d(a, b, r, options); }, x, w, y);
  check<T>([&](const Tensor& a, const Tensor& b, Tensor& r) { kernels::conv2d_input_grad(a, b, r, options); },
           y, w, x);
  check<T>(
      [&](const Tensor& a, const Tensor& b, Tensor& r) { kernels::conv2d_weight_grad(a, b, r, options); }, x,
      y, w);
}

}  // namespace

TEMPLATE_TEST_CASE("Matrix products of every tile", "[kernels][gemm]", float, double) {
  // Borders of tiles in m and n; k below a piece, at its border, past it, and long enough to be split.
  for (const bool trans_a : {false, true})
    for (const bool trans_b : {false, true})
      for (const auto& [m, n, k] : std::vector<std::array<int64_t, 3>>{{129, 131, 17},
                                                                       {65, 132, 8},
                                                                       {64, 128, 1},
                                                                       {128, 64, 0},
                                                                       {9, 33, 31},
                                                                       {3, 1, 700},
                                                                       {33, 4, 290}}) {
        const Shape a = trans_a ? Shape{k, m} : Shape{m, k}, b = trans_b ? Shape{n, k} : Shape{k, n};
        check_matmul<TestType>(a, b, {m, n}, {trans_a, trans_b});
      }
}

TEMPLATE_TEST_CASE("Batches of products of every tile", "[kernels][gemm]", float, double) {
  check_matmul<TestType>({3, 9, 10}, {3, 10, 17}, {3, 9, 17}, {});
  check_matmul<TestType>({9, 10}, {3, 10, 17}, {3, 9, 17}, {});
  check_matmul<TestType>({3, 10, 9}, {10, 17}, {3, 9, 17}, {.trans_a = true});
  check_matmul<TestType>({2, 5, 300}, {2, 300, 3}, {2, 5, 3}, {});
}

TEMPLATE_TEST_CASE("Convolutions of every tile", "[kernels][gemm]", float, double) {
  // 3x3: pixels that are a multiple of four, and that are not.
  check_conv<TestType>({2, 5, 8, 9}, {129, 5, 3, 3}, {.padding = {1, 1}});
  check_conv<TestType>({3, 17, 7, 7}, {33, 17, 3, 3}, {.padding = {1, 1}});
  // 4x4 with stride 2, also down to one pixel, where taps see nothing but padding.
  check_conv<TestType>({2, 3, 18, 16}, {65, 3, 4, 4}, {.stride = {2, 2}, .padding = {1, 1}});
  check_conv<TestType>({2, 33, 2, 2}, {19, 33, 4, 4}, {.stride = {2, 2}, .padding = {1, 1}});
  // To three channels, and everything asymmetric, in groups.
  check_conv<TestType>({1, 20, 13, 11}, {3, 20, 7, 7}, {.padding = {3, 3}});
  check_conv<TestType>({2, 6, 11, 14}, {4, 3, 3, 2},
                       {.stride = {3, 2}, .padding = {2, 1}, .dilation = {2, 3}, .groups = 2});
}

TEST_CASE("More phases of an input gradient than one launch has", "[kernels][gemm]") {
  check_conv<float>({2, 2, 23, 12}, {3, 2, 3, 4}, {.stride = {11, 9}, .padding = {1, 0}});
  check_conv<float>({1, 3, 12, 5}, {290, 3, 2, 2}, {.stride = {9, 1}, .padding = {0, 1}});
}

}  // namespace saddle
