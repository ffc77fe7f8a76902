// Layers that f32 takes through filters whose coefficients are no integers, F(4x4, 3x3), F(3x3, 4x4) and
// F(4x4, 2x2), beside f64, which never does, for every vector target and thread count.
#include <hwy/targets.h>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <functional>

#include "core/allocator.h"
#include "core/random.h"
#include "core/thread_pool.h"
#include "kernels/cpu/conv_taps.h"

namespace saddle {
namespace {

struct Layer {
  int64_t images, in, out;
  std::array<int64_t, 2> image, padding;
  int64_t kernel = 3, stride = 1;

  kernels::cpu::Filtering filtering() const {
    using enum kernels::cpu::Filtering;
    return stride == 2 ? two_taps_wide : kernel == 3 ? three_taps : four_taps;
  }
};

/// Standard normal numbers, from sums of uniform ones.
std::vector<double> normal_numbers(const Shape& shape, Generator& random) {
  std::vector<double> v(static_cast<size_t>(shape.numel()));
  for (double& x : v) {
    x = -6;
    for (int i = 0; i < 12; ++i) x += static_cast<double>(random.next()) / 4294967296.0;
  }
  return v;
}

/// The same numbers in both dtypes.
struct Operand {
  Tensor f32, f64;
  Operand(const Shape& shape, Generator& random) {
    const std::vector<double> v = normal_numbers(shape, random);
    const std::vector<float> rounded(v.begin(), v.end());
    f32 = Tensor::from(rounded, shape);
    f64 = Tensor::from(std::vector<double>(rounded.begin(), rounded.end()), shape);
  }
};

/// The largest error of y, as a share of the largest number that should be there.
double relative_error(const Tensor& y, const Tensor& expected) {
  double error = 0, most = 0;
  for (int64_t i = 0; i < y.numel(); ++i) {
    const double e = expected.data<double>()[i];
    error = std::max(error, std::abs(static_cast<double>(y.data<float>()[i]) - e));
    most = std::max(most, std::abs(e));
    if (std::isnan(y.data<float>()[i])) return HUGE_VAL;
  }
  return error / most;
}

/// Three times what layers of networks show (docs/performance.md); a wrong coefficient is beyond it by far.
constexpr double bound = 2e-5;

using Compute = std::function<void(bool wide, Tensor& y)>;

void check_everywhere(const char* kernel, const Shape& shape, const Compute& compute) {
  Tensor expected = Tensor::empty(shape, DType::f64);
  compute(true, expected);
  Allocator& memory = allocator(Device{});
  const int threads_before = num_threads();
  for (uint64_t targets = static_cast<uint64_t>(HWY_TARGETS) & static_cast<uint64_t>(hwy::SupportedTargets());
       targets != 0; targets &= targets - 1) {
    const auto target = static_cast<int64_t>(targets & -targets);
    hwy::SetSupportedTargetsForTest(target);
    INFO(kernel << " on " << hwy::TargetName(target));
    std::vector<float> first;
    for (int threads : {1, 2, 4}) {
      set_num_threads(threads);
      memory.set_guards(true);
      {
        Tensor y = Tensor::full(shape, std::nan(""));
        compute(false, y);
        CHECK_NOTHROW(memory.check_guards());
        if (threads == 1) first = y.to_vector<float>();
        if (threads == 1)
          CHECK(relative_error(y, expected) < bound);
        else
          CHECK(std::memcmp(first.data(), y.raw(), y.nbytes()) == 0);
      }
      CHECK_NOTHROW(memory.check_guards());
      memory.set_guards(false);
    }
  }
  hwy::SetSupportedTargetsForTest(0);
  set_num_threads(threads_before);
}

void check(const Layer& l, Generator& random) {
  INFO("x[" << l.images << "," << l.in << "," << l.image[0] << "," << l.image[1] << "] out " << l.out
            << " padding " << l.padding[0] << "," << l.padding[1] << " kernel " << l.kernel << " stride "
            << l.stride);
  const kernels::Conv2dOptions options{.stride = {l.stride, l.stride}, .padding = l.padding};
  const auto output = [&](size_t i) {
    return kernels::conv_output_size(l.image[i], l.kernel, l.stride, l.padding[i], 1);
  };
  const Operand x({l.images, l.in, l.image[0], l.image[1]}, random),
      w({l.out, l.in, l.kernel, l.kernel}, random), gy({l.images, l.out, output(0), output(1)}, random);
  const kernels::ConvGeometry geometry(x.f32.shape(), w.f32.shape(), gy.f32.shape(), options);
  const std::array<int64_t, 2> phase{l.image[0] / l.stride, l.image[1] / l.stride};
  for (const auto& grid : {geometry.output, phase})
    REQUIRE(kernels::cpu::filtering_of(geometry, grid, DType::f32) == l.filtering());
  const auto of = [](const Operand& operand, bool wide) -> const Tensor& {
    return wide ? operand.f64 : operand.f32;
  };
  check_everywhere("conv2d", gy.f32.shape(),
                   [&](bool wide, Tensor& y) { kernels::conv2d(of(x, wide), of(w, wide), y, options); });
  check_everywhere("conv2d_input_grad", x.f32.shape(), [&](bool wide, Tensor& gx) {
    kernels::conv2d_input_grad(of(gy, wide), of(w, wide), gx, options);
  });
  check_everywhere("conv2d_weight_grad", w.f32.shape(), [&](bool wide, Tensor& gw) {
    kernels::conv2d_weight_grad(of(x, wide), of(gy, wide), gw, options);
  });
}

}  // namespace

TEST_CASE("filtered layers in f32 equal f64", "[kernels][conv][winograd]") {
  Generator random(4);
  const std::vector<Layer> layers{
      // A residual block's, thinner: images padded by others, and padded here.
      {1, 36, 40, {34, 34}, {0, 0}},
      {1, 40, 36, {32, 32}, {1, 1}},
      // Rows of one tile to more than a vector of them, tiles that the grid cuts, panels that lanes do not
      // fill.
      {5, 32, 33, {8, 10}, {1, 1}},
      {2, 33, 50, {17, 23}, {1, 0}},
      {1, 32, 32, {16, 71}, {1, 1}},
      {1, 35, 32, {19, 90}, {0, 1}},
      {17, 32, 32, {4, 4}, {1, 1}},
      {16, 32, 32, {5, 6}, {0, 0}},
      // Padding of two rows, and of whole tiles.
      {2, 32, 32, {13, 15}, {2, 2}},
      {1, 32, 32, {15, 14}, {6, 7}},
      // Several blocks of K, and more panels than a chunk holds, and so many that weights are packed whole.
      {3, 32, 40, {40, 48}, {1, 1}},
      {2, 300, 32, {40, 40}, {1, 1}},
      {1, 300, 34, {18, 18}, {1, 1}},
      {1, 32, 300, {18, 18}, {1, 1}},
      // The end of a discriminator of patches, and its tiles of three pixels.
      {1, 36, 40, {16, 16}, {1, 1}, 4},
      {3, 33, 32, {31, 64}, {2, 0}, 4},
      {2, 32, 35, {14, 61}, {3, 3}, 4},
      // Two taps an axis in each of four phases: rows of one, two, four and eighteen tiles, whole and cut.
      {17, 65, 64, {8, 8}, {1, 1}, 4, 2},
      {5, 64, 70, {15, 16}, {1, 1}, 4, 2},
      {2, 130, 66, {32, 32}, {1, 1}, 4, 2},
      {1, 64, 64, {64, 142}, {1, 1}, 4, 2},
      // No padding, and padding of whole tiles.
      {3, 64, 64, {24, 26}, {0, 0}, 4, 2},
      {2, 64, 64, {26, 24}, {4, 5}, 4, 2},
      // Tiles so many that weights are packed whole, and that the weight gradient sums blocks of them.
      {18, 64, 68, {32, 32}, {1, 1}, 4, 2},
      // So many weights, or tiles, that packed whole they would not stay in cache.
      {1, 256, 256, {64, 64}, {1, 1}},
  };
  for (const Layer& layer : layers) check(layer, random);
}

TEST_CASE("layers below the size of such filters stay exact on integers", "[kernels][conv][winograd]") {
  const auto all = [](const Tensor& y, float expected) {
    for (float v : y.to_vector<float>()) REQUIRE(v == expected);
  };
  const Tensor x = Tensor::full({2, 31, 20, 20}, 3), w = Tensor::full({32, 31, 3, 3}, 5);
  Tensor y = Tensor::empty({2, 32, 18, 18});
  kernels::conv2d(x, w, y, {});
  all(y, 3 * 5 * 9 * 31);
  const Tensor wide = Tensor::full({4, 63, 34, 34}, 3), down = Tensor::full({64, 63, 4, 4}, 5);
  Tensor half = Tensor::empty({4, 64, 16, 16});
  kernels::conv2d(wide, down, half, {.stride = {2, 2}});
  all(half, 3 * 5 * 16 * 63);
}

TEST_CASE("a filter with larger tiles serves the grids that they fit", "[kernels][conv][winograd]") {
  using enum kernels::cpu::Filtering;
  const auto filtering = [](int64_t side, DType dtype) {
    const kernels::ConvGeometry g({8, 64, 2 * side, 2 * side}, {64, 64, 4, 4}, {8, 64, side, side},
                                  {.stride = {2, 2}, .padding = {1, 1}});
    return kernels::cpu::filtering_of(g, g.output, dtype);
  };
  for (int64_t side : {7, 8, 12, 15, 16, 31, 32}) CHECK(filtering(side, DType::f32) == two_taps_wide);
  for (int64_t side : {6, 9, 10, 14, 17, 18}) CHECK(filtering(side, DType::f32) == two_taps);
  CHECK(filtering(16, DType::f64) == two_taps);
}

}  // namespace saddle
