// Convolutions and matrix products on tensor cores against plain loops in f64, on the emulated device in
// several orders of threads, and on a GPU where there is one.
#include "kernels/cuda/conv_tensor_core.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <functional>

#include "core/device_runtime.h"
#include "core/precision.h"
#include "core/random.h"
#include "kernels/cuda/matmul_tensor_core.h"
#include "tests/devices.h"
#include "tests/kernels/products.h"
#ifdef SADDLE_WITH_EMULATION
#include "kernels/cuda/tensor_core.h"
#endif

namespace saddle {
namespace {

using kernels::Conv2dOptions;
using kernels::MatmulOptions;
using test::Sum;
using test::Sums;

/// A device's functions under test.
struct TensorCores {
  Device device;
  kernels::TensorCoreConv2d *conv2d, *input_grad, *weight_grad;
  kernels::TensorCoreMatmul* matmul;
};

std::vector<TensorCores> tensor_cores() {
  std::vector<TensorCores> all;
#ifdef SADDLE_WITH_EMULATION
  {
    using namespace kernels::emulated;
    all.push_back({{DeviceType::emulated},
                   tensor_core_conv2d,
                   tensor_core_conv2d_input_grad,
                   tensor_core_conv2d_weight_grad,
                   tensor_core_matmul});
  }
#endif
#ifdef SADDLE_WITH_CUDA
  if (why_missing({DeviceType::cuda}).empty()) {
    using namespace kernels::cuda;
    all.push_back({{DeviceType::cuda},
                   tensor_core_conv2d,
                   tensor_core_conv2d_input_grad,
                   tensor_core_conv2d_weight_grad,
                   tensor_core_matmul});
  }
#endif
  return all;
}

struct WithPrecision {
  explicit WithPrecision(Precision precision) { set_precision(precision); }
  ~WithPrecision() { set_precision(Precision::fp32); }
};

/// x as a tensor core takes it: the nearest of the format, ties away from zero (tf32) or to even (bf16).
double rounded(float x, Precision precision) {
  if (precision == Precision::bf16) return static_cast<double>(static_cast<float>(bf16(x)));
  return static_cast<double>(std::bit_cast<float>((std::bit_cast<uint32_t>(x) + 0x1000u) & 0xffffe000u));
}

std::vector<double> rounded(const Tensor& x, Precision precision) {
  std::vector<double> result;
  for (const float value : x.to_vector<float>()) result.push_back(rounded(value, precision));
  return result;
}

using Compute = std::function<bool(Tensor& y)>;

/// Runs it in three orders of the emulated device's threads, or twice on a GPU: right, and with the same
/// bits.
void check_on(Device device, const Shape& shape, const Sums& expected, bool integers,
              const Compute& compute) {
  Tensor first;
  test::run_repeatedly(device, [&] {
    Tensor y = Tensor::empty(shape, DType::f32, device);
    REQUIRE(compute(y));
    const Tensor result = y.to(Device{});
    if (first.defined()) {
      CHECK(std::memcmp(result.raw(), first.raw(), result.nbytes()) == 0);
    } else {
      test::check_sums<float>(result, expected, integers);
      first = result;
    }
  });
}

struct ConvCase {
  int64_t images, in, out;
  std::array<int64_t, 2> image, kernel;
  Conv2dOptions options = {};
  // Which of the three are wide enough for tensor cores.
  bool forward = true, input_grad = true, weight_grad = true;
};

std::ostream& operator<<(std::ostream& stream, const ConvCase& c) {
  const auto& [stride, padding, dilation, groups] = c.options;
  return stream << "x[" << c.images << "," << c.in << "," << c.image[0] << "," << c.image[1] << "] w["
                << c.out << ",.," << c.kernel[0] << "," << c.kernel[1] << "] stride " << stride[0] << ","
                << stride[1] << " padding " << padding[0] << "," << padding[1] << " dilation " << dilation[0]
                << "," << dilation[1];
}

void check_conv(const TensorCores& cores, const ConvCase& c, Precision precision, bool integers,
                Generator& random) {
  INFO(cores.device << " " << c << " " << precision << " integers " << integers);
  const WithPrecision with(precision);
  const auto& [stride, padding, dilation, groups] = c.options;
  std::array<int64_t, 2> output{};
  for (size_t i = 0; i < 2; ++i)
    output[i] = kernels::conv_output_size(c.image[i], c.kernel[i], stride[i], padding[i], dilation[i]);
  REQUIRE(std::min(output[0], output[1]) > 0);
  const Shape x_shape{c.images, c.in, c.image[0], c.image[1]}, w_shape{c.out, c.in, c.kernel[0], c.kernel[1]};
  const Shape y_shape{c.images, c.out, output[0], output[1]};
  const Tensor x = test::product_operand<float>(x_shape, random, integers),
               w = test::product_operand<float>(w_shape, random, integers);
  const Tensor gy = test::product_operand<float>(y_shape, random, integers);
  const std::vector<double> vx = rounded(x, precision), vw = rounded(w, precision),
                            vg = rounded(gy, precision);
  Sums y(vg.size()), gx(vx.size()), gw(vw.size());
  size_t iy = 0;
  for (int64_t n = 0; n < c.images; ++n)
    for (int64_t o = 0; o < c.out; ++o)
      for (int64_t i = 0; i < output[0]; ++i)
        for (int64_t j = 0; j < output[1]; ++j, ++iy)
          for (int64_t channel = 0; channel < c.in; ++channel)
            for (int64_t u = 0; u < c.kernel[0]; ++u)
              for (int64_t v = 0; v < c.kernel[1]; ++v) {
                const int64_t row = i * stride[0] - padding[0] + u * dilation[0];
                const int64_t column = j * stride[1] - padding[1] + v * dilation[1];
                if (row < 0 || row >= c.image[0] || column < 0 || column >= c.image[1]) continue;
                const auto ix =
                    static_cast<size_t>(((n * c.in + channel) * c.image[0] + row) * c.image[1] + column);
                const auto iw =
                    static_cast<size_t>(((o * c.in + channel) * c.kernel[0] + u) * c.kernel[1] + v);
                y[iy].add(vx[ix], vw[iw]);
                gx[ix].add(vg[iy], vw[iw]);
                gw[iw].add(vx[ix], vg[iy]);
              }
  const Tensor dx = x.to(cores.device), dw = w.to(cores.device), dgy = gy.to(cores.device);
  const auto check = [&](const char* name, bool suits, const Shape& shape, const Sums& expected,
                         const Compute& compute) {
    INFO(name);
    if (suits) return check_on(cores.device, shape, expected, integers, compute);
    Tensor out = Tensor::zeros(shape, DType::f32, cores.device);
    CHECK_FALSE(compute(out));
  };
  check("conv2d", c.forward, y_shape, y, [&](Tensor& out) { return cores.conv2d(dx, dw, out, c.options); });
  check("conv2d_input_grad", c.input_grad, x_shape, gx,
        [&](Tensor& out) { return cores.input_grad(dgy, dw, out, c.options); });
  check("conv2d_weight_grad", c.weight_grad, w_shape, gw,
        [&](Tensor& out) { return cores.weight_grad(dx, dgy, out, c.options); });
}

constexpr Precision precisions[] = {Precision::tf32, Precision::bf16};

void check_convs(const std::vector<ConvCase>& cases, std::initializer_list<bool> integers) {
  for (const TensorCores& cores : tensor_cores()) {
    Generator random(5);
    for (const ConvCase& c : cases)
      for (const Precision precision : precisions)
        for (const bool whole : integers) check_conv(cores, c, precision, whole, random);
  }
}

struct MatmulCase {
  int64_t m, n, k;
  int64_t batch = 0;  // 0: all rank 2
  bool shared_a = false, shared_b = false;
};

void check_matmul(const TensorCores& cores, const MatmulCase& c, MatmulOptions options, Precision precision,
                  bool integers, Generator& random) {
  INFO(cores.device << " m " << c.m << " n " << c.n << " k " << c.k << " batch " << c.batch << " shared "
                    << c.shared_a << c.shared_b << " trans " << options.trans_a << options.trans_b << " "
                    << precision);
  const WithPrecision with(precision);
  const auto shape = [&](int64_t rows, int64_t columns, bool transposed, bool shared) {
    if (transposed) std::swap(rows, columns);
    return c.batch == 0 || shared ? Shape{rows, columns} : Shape{c.batch, rows, columns};
  };
  const Tensor a =
      test::product_operand<float>(shape(c.m, c.k, options.trans_a, c.shared_a), random, integers);
  const Tensor b =
      test::product_operand<float>(shape(c.k, c.n, options.trans_b, c.shared_b), random, integers);
  const std::vector<double> va = rounded(a, precision), vb = rounded(b, precision);
  Sums expected;
  for (int64_t g = 0; g < std::max<int64_t>(1, c.batch); ++g) {
    const int64_t from_a = c.shared_a ? 0 : g * c.m * c.k, from_b = c.shared_b ? 0 : g * c.k * c.n;
    for (int64_t i = 0; i < c.m; ++i)
      for (int64_t j = 0; j < c.n; ++j) {
        Sum sum;
        for (int64_t l = 0; l < c.k; ++l)
          sum.add(va[static_cast<size_t>(from_a + (options.trans_a ? l * c.m + i : i * c.k + l))],
                  vb[static_cast<size_t>(from_b + (options.trans_b ? j * c.k + l : l * c.n + j))]);
        expected.push_back(sum);
      }
  }
  const Tensor da = a.to(cores.device), db = b.to(cores.device);
  check_on(cores.device, shape(c.m, c.n, false, false), expected, integers,
           [&](Tensor& y) { return cores.matmul(da, db, y, options); });
}

}  // namespace

TEST_CASE("tensor-core convolutions equal plain loops", "[kernels][tensor-core]") {
  check_convs(
      {
          // Channels and positions beside chunks and tiles.
          {2, 16, 16, {5, 7}, {3, 3}, {.padding = {1, 1}}},
          {1, 17, 33, {5, 13}, {3, 3}, {.padding = {1, 1}}},
          {1, 15, 31, {7, 9}, {3, 3}, {}},
          {2, 31, 65, {6, 11}, {1, 1}, {}},
          {2, 18, 20, {9, 8}, {1, 1}, {.stride = {2, 3}}},
          // The layers of DCGAN and of image translation, thinner.
          {3, 20, 36, {8, 8}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
          {2, 18, 9, {9, 7}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
          {17, 10, 40, {4, 4}, {4, 4}, {}},
          {1, 3, 16, {9, 10}, {7, 7}, {.padding = {3, 3}}},
          {1, 16, 3, {12, 10}, {7, 7}, {}},
          {1, 24, 16, {2, 2}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}, false, false, false},
          // Gaps that no tap reaches, dilation with and without a factor in common with the stride, a padding
          // wider than the kernel, phases that differ in size and taps.
          {1, 16, 24, {9, 9}, {3, 3}, {.padding = {2, 2}, .dilation = {2, 2}}},
          {2, 8, 16, {11, 13}, {3, 3}, {.stride = {2, 2}, .padding = {1, 2}, .dilation = {2, 3}}},
          {2, 8, 12, {11, 13}, {2, 1}, {.stride = {3, 4}, .padding = {0, 2}}},
          {1, 16, 16, {4, 5}, {2, 2}, {.padding = {4, 3}}},
          {20, 8, 8, {1, 1}, {5, 7}, {.stride = {8, 8}, .padding = {2, 3}}},
          {20, 8, 8, {1, 12}, {1, 3}, {.stride = {1, 9}}, true, false, true},
      },
      {true, false});
}

TEST_CASE("tensor-core convolutions equal plain loops where tiles are large", "[kernels][tensor-core]") {
  check_convs({{1, 129, 129, {8, 17}, {1, 2}, {}},
               {1, 40, 250, {17, 30}, {1, 1}, {}},
               {1, 130, 500, {7, 9}, {1, 1}, {}},
               {1, 200, 200, {7, 9}, {1, 1}, {}},
               {1, 72, 130, {6, 13}, {1, 1}, {}}},
              {false});
}

TEST_CASE("tensor-core matrix products equal plain loops", "[kernels][tensor-core]") {
  const std::vector<MatmulCase> cases{{16, 16, 16},
                                      {33, 65, 31},
                                      {3, 64, 100},
                                      {64, 100, 257},
                                      {20, 40, 24, 3},
                                      {20, 40, 24, 3, true, false},
                                      {9, 20, 40, 3, false, true}};
  for (const TensorCores& cores : tensor_cores()) {
    Generator random(6);
    for (const MatmulCase& c : cases)
      for (const Precision precision : precisions)
        for (const bool trans_a : {false, true})
          for (const bool trans_b : {false, true})
            check_matmul(cores, c, {trans_a, trans_b}, precision, trans_a == trans_b, random);
  }
}

TEST_CASE("kernels compute in the precision that is set", "[kernels][tensor-core]") {
  for (const TensorCores& cores : tensor_cores()) {
    Generator random(7);
    const auto on_device = [&](const Shape& shape) {
      return test::product_operand<float>(shape, random, false).to(cores.device);
    };
    const Tensor x = on_device({2, 16, 6, 6}), w = on_device({20, 16, 3, 3}), gy = on_device({2, 20, 4, 4});
    const Tensor a = on_device({32, 48}), b = on_device({48, 24});
    const auto check = [&](const char* name, const Shape& shape, const Compute& kernel,
                           const Compute& on_cores) {
      INFO(cores.device << " " << name);
      Tensor exact = Tensor::empty(shape, DType::f32, cores.device), y = Tensor::like(exact),
             expected = Tensor::like(exact);
      kernel(exact);
      for (const Precision precision : precisions) {
        const WithPrecision with(precision);
        kernel(y);
        REQUIRE(on_cores(expected));
        CHECK(y.to_vector<float>() == expected.to_vector<float>());
        CHECK(y.to_vector<float>() != exact.to_vector<float>());
      }
    };
    const auto always = [](const auto& f) {
      return [&f](Tensor& y) {
        f(y);
        return true;
      };
    };
    const auto conv2d = [&](Tensor& y) { kernels::conv2d(x, w, y, {}); };
    const auto input_grad = [&](Tensor& gx) { kernels::conv2d_input_grad(gy, w, gx, {}); };
    const auto weight_grad = [&](Tensor& gw) { kernels::conv2d_weight_grad(x, gy, gw, {}); };
    const auto matmul = [&](Tensor& y) { kernels::matmul(a, b, y, {}); };
    check("conv2d", gy.shape(), always(conv2d), [&](Tensor& y) { return cores.conv2d(x, w, y, {}); });
    check("conv2d_input_grad", x.shape(), always(input_grad),
          [&](Tensor& gx) { return cores.input_grad(gy, w, gx, {}); });
    check("conv2d_weight_grad", w.shape(), always(weight_grad),
          [&](Tensor& gw) { return cores.weight_grad(x, gy, gw, {}); });
    check("matmul", {32, 24}, always(matmul), [&](Tensor& y) { return cores.matmul(a, b, y, {}); });
  }
}

TEST_CASE("what tensor cores do not take is left alone", "[kernels][tensor-core]") {
  for (const TensorCores& cores : tensor_cores()) {
    const auto zeros = [&](const Shape& shape, DType dtype = DType::f32) {
      return Tensor::zeros(shape, dtype, cores.device);
    };
    const auto refused = [&](const Tensor& x, const Tensor& w, Tensor y, const Conv2dOptions& options) {
      Tensor gx = Tensor::like(x), gw = Tensor::like(w);
      return !cores.conv2d(x, w, y, options) && !cores.input_grad(y, w, gx, options) &&
             !cores.weight_grad(x, y, gw, options);
    };
    const Shape x{1, 16, 8, 8}, w{16, 16, 1, 1};
    CHECK(refused(zeros(x), zeros(w), zeros(x), {}));
    Tensor y = zeros({32, 32});
    CHECK_FALSE(cores.matmul(y, y, y, {}));

    const WithPrecision tf32(Precision::tf32);
    CHECK_FALSE(refused(zeros(x), zeros(w), zeros(x), {}));
    CHECK(refused(zeros(x, DType::f64), zeros(w, DType::f64), zeros(x, DType::f64), {}));
    CHECK(refused(zeros(x), zeros({16, 8, 1, 1}), zeros(x), {.groups = 2}));
    CHECK(refused(zeros({0, 16, 8, 8}), zeros(w), zeros({0, 16, 8, 8}), {}));
    CHECK(refused(zeros({1, 2, 2, 2}), zeros({2, 2, 1, 1}), zeros({1, 2, 2, 2}), {}));
    Tensor thin = zeros({1, 32}), doubles = zeros({32, 32}, DType::f64), empty = zeros({32, 0});
    CHECK_FALSE(cores.matmul(thin, y, thin, {}));
    CHECK_FALSE(cores.matmul(doubles, doubles, doubles, {}));
    CHECK_FALSE(cores.matmul(empty, empty, y, {.trans_b = true}));
  }
}

#ifdef SADDLE_WITH_EMULATION
TEST_CASE("tiles grow with the product, and sums are cut where there are few", "[kernels][tensor-core]") {
  const auto plan = [](int64_t rows, int64_t columns, int64_t slabs) {
    return kernels::emulated::plan_product(rows, columns, slabs, 1, {DeviceType::emulated});
  };
  // The products of the tests above.
  CHECK(plan(510, 250, 2).tile == 0);
  CHECK(plan(500, 132, 2).tile == 0);
  CHECK(plan(136, 129, 9).tile == 1);
  CHECK(plan(200, 200, 2).tile == 1);
  CHECK(plan(128, 129, 9).tile == 2);
  CHECK(plan(130, 72, 3).tile == 2);
  CHECK(plan(129, 264, 4).tile == 3);
  CHECK(plan(65, 33, 5).tile == 4);
  CHECK(plan(64, 32, 16).splits == 4);
  CHECK(plan(64, 32, 3).splits == 1);
  CHECK(plan(4096, 256, 64).splits == 1);
}
#endif

}  // namespace saddle
