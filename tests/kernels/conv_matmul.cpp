// Matrix products and convolutions against plain loops, for every vector target, dtype and thread count.
#include <hwy/targets.h>
#include <catch2/catch.hpp>
#include <cstring>
#include <functional>

#include "core/allocator.h"
#include "core/random.h"
#include "core/thread_pool.h"
#include "kernels/conv.h"
#include "kernels/matmul.h"
#include "tests/kernels/products.h"

namespace saddle {
namespace {

using kernels::Conv2dOptions;
using kernels::MatmulOptions;
using test::check_sums;
using test::product_operand;
using test::Sum;
using test::Sums;

using Compute = std::function<void(Tensor& y)>;

/// Runs a kernel on every target of this machine, and at 1, 2 and 4 threads, into guarded memory.
template <class T>
void check_everywhere(const Shape& shape, const Sums& expected, bool integers, const Compute& compute) {
  REQUIRE(static_cast<int64_t>(expected.size()) == shape.numel());
  Allocator& memory = allocator(Device{});
  const int threads_before = num_threads();
  const auto supported = hwy::SupportedTargets();
  for (uint64_t targets = static_cast<uint64_t>(HWY_TARGETS) & static_cast<uint64_t>(supported); targets != 0;
       targets &= targets - 1) {
    hwy::SetSupportedTargetsForTest(static_cast<int64_t>(targets & -targets));
    INFO("target " << hwy::TargetName(static_cast<int64_t>(targets & -targets)));
    std::vector<T> first;
    for (int threads : {1, 2, 4}) {
      set_num_threads(threads);
      memory.set_guards(true);
      {
        Tensor y = Tensor::empty(shape, dtype_of<T>);
        compute(y);
        CHECK_NOTHROW(memory.check_guards());
        if (threads == 1) {
          check_sums<T>(y, expected, integers);
          first = y.to_vector<T>();
        } else {
          CHECK(std::memcmp(first.data(), y.raw(), y.nbytes()) == 0);
        }
      }
      CHECK_NOTHROW(memory.check_guards());
      memory.set_guards(false);
    }
  }
  hwy::SetSupportedTargetsForTest(0);
  set_num_threads(threads_before);
}

struct MatmulCase {
  int64_t m, n, k;
  int64_t batch = 0;  // 0: all rank 2
  bool shared_a = false, shared_b = false;
};

template <class T>
void check_matmul(const MatmulCase& c, MatmulOptions options, bool integers, Generator& random) {
  INFO("matmul " << dtype_of<T> << " m " << c.m << " n " << c.n << " k " << c.k << " batch " << c.batch
                 << " shared " << c.shared_a << c.shared_b << " trans " << options.trans_a << options.trans_b
                 << " integers " << integers);
  const auto shape = [&](int64_t rows, int64_t columns, bool transposed, bool shared) {
    if (transposed) std::swap(rows, columns);
    return c.batch == 0 || shared ? Shape{rows, columns} : Shape{c.batch, rows, columns};
  };
  const Tensor a = product_operand<T>(shape(c.m, c.k, options.trans_a, c.shared_a), random, integers);
  const Tensor b = product_operand<T>(shape(c.k, c.n, options.trans_b, c.shared_b), random, integers);
  Sums expected;
  for (int64_t g = 0; g < std::max<int64_t>(1, c.batch); ++g) {
    const T* pa = a.data<T>() + (c.shared_a ? 0 : g * c.m * c.k);
    const T* pb = b.data<T>() + (c.shared_b ? 0 : g * c.k * c.n);
    for (int64_t i = 0; i < c.m; ++i)
      for (int64_t j = 0; j < c.n; ++j) {
        Sum sum;
        for (int64_t l = 0; l < c.k; ++l)
          sum.add(pa[options.trans_a ? l * c.m + i : i * c.k + l],
                  pb[options.trans_b ? j * c.k + l : l * c.n + j]);
        expected.push_back(sum);
      }
  }
  check_everywhere<T>(shape(c.m, c.n, false, false), expected, integers,
                      [&](Tensor& y) { kernels::matmul(a, b, y, options); });
}

struct ConvCase {
  int64_t images, in, out;  // channels in all
  std::array<int64_t, 2> image, kernel;
  Conv2dOptions options;
  bool filtered = false;  // minimal filtering: an output's rounding errors are those of its neighbours' sums
};

std::ostream& operator<<(std::ostream& stream, const ConvCase& c) {
  const auto pair = [](const char* name, const std::array<int64_t, 2>& p) {
    return concat(name, p[0], "x", p[1]);
  };
  return stream << "conv x[" << c.images << "," << c.in << "] out " << c.out << pair(" image ", c.image)
                << pair(" kernel ", c.kernel) << pair(" stride ", c.options.stride)
                << pair(" padding ", c.options.padding) << pair(" dilation ", c.options.dilation)
                << " groups " << c.options.groups;
}

/// Gives all sums the bound of the one that has the largest.
void share_bound(Sums& sums) {
  Sum most;
  for (const Sum& s : sums) {
    most.magnitude = std::max(most.magnitude, s.magnitude);
    most.terms = std::max(most.terms, s.terms);
  }
  for (Sum& s : sums) s = {s.value, most.magnitude, most.terms};
}

template <class T>
void check_conv(const ConvCase& c, bool integers, Generator& random) {
  INFO(c << " " << dtype_of<T> << " integers " << integers);
  const auto& [stride, padding, dilation, groups] = c.options;
  std::array<int64_t, 2> output{};
  for (size_t i = 0; i < 2; ++i)
    output[i] = kernels::conv_output_size(c.image[i], c.kernel[i], stride[i], padding[i], dilation[i]);
  REQUIRE(std::min(output[0], output[1]) > 0);
  const Shape x_shape{c.images, c.in, c.image[0], c.image[1]};
  const Shape w_shape{c.out, c.in / groups, c.kernel[0], c.kernel[1]};
  const Shape y_shape{c.images, c.out, output[0], output[1]};
  const Tensor x = product_operand<T>(x_shape, random, integers),
               w = product_operand<T>(w_shape, random, integers);
  const Tensor gy = product_operand<T>(y_shape, random, integers);
  Sums y(static_cast<size_t>(y_shape.numel())), gx(static_cast<size_t>(x_shape.numel())),
      gw(static_cast<size_t>(w_shape.numel()));
  size_t iy = 0;
  for (int64_t n = 0; n < c.images; ++n)
    for (int64_t o = 0; o < c.out; ++o)
      for (int64_t i = 0; i < output[0]; ++i)
        for (int64_t j = 0; j < output[1]; ++j, ++iy)
          for (int64_t ch = 0; ch < c.in / groups; ++ch)
            for (int64_t u = 0; u < c.kernel[0]; ++u)
              for (int64_t v = 0; v < c.kernel[1]; ++v) {
                const int64_t row = i * stride[0] - padding[0] + u * dilation[0];
                const int64_t column = j * stride[1] - padding[1] + v * dilation[1];
                if (row < 0 || row >= c.image[0] || column < 0 || column >= c.image[1]) continue;
                const int64_t channel = o / (c.out / groups) * (c.in / groups) + ch;
                const auto ix =
                    static_cast<size_t>(((n * c.in + channel) * c.image[0] + row) * c.image[1] + column);
                const auto iw =
                    static_cast<size_t>(((o * (c.in / groups) + ch) * c.kernel[0] + u) * c.kernel[1] + v);
                const double vx = x.data<T>()[ix], vw = w.data<T>()[iw], vg = gy.data<T>()[iy];
                y[iy].add(vx, vw);
                gx[ix].add(vg, vw);
                gw[iw].add(vx, vg);
              }
  if (c.filtered)
    for (Sums* sums : {&y, &gx, &gw}) share_bound(*sums);
  check_everywhere<T>(y_shape, y, integers, [&](Tensor& out) { kernels::conv2d(x, w, out, c.options); });
  check_everywhere<T>(x_shape, gx, integers,
                      [&](Tensor& out) { kernels::conv2d_input_grad(gy, w, out, c.options); });
  check_everywhere<T>(w_shape, gw, integers,
                      [&](Tensor& out) { kernels::conv2d_weight_grad(x, gy, out, c.options); });
}

void check_conv(const ConvCase& c, Generator& random) {
  for (bool integers : {true, false}) {
    check_conv<float>(c, integers, random);
    check_conv<double>(c, integers, random);
  }
}

ConvCase random_case(Generator& random) {
  const auto from = [&](int64_t low, int64_t high) {
    return low + random.below(static_cast<uint32_t>(high - low + 1));
  };
  for (;;) {
    ConvCase c;
    const int64_t groups = from(0, 2) == 0 ? from(2, 4) : 1;
    c.images = from(1, 5);
    c.in = groups * (from(0, 3) ? from(1, 9) : 1);
    c.out = groups * (from(0, 3) ? from(1, 20) : 1);
    c.options.groups = groups;
    bool fits = true;
    for (size_t i = 0; i < 2; ++i) {
      c.image[i] = from(1, from(0, 3) ? 12 : 40);
      c.kernel[i] = from(1, 5);
      c.options.stride[i] = from(1, from(0, 2) ? 2 : 5);
      c.options.padding[i] = from(0, from(0, 2) ? 2 : 6);
      c.options.dilation[i] = from(0, 2) ? 1 : from(2, 3);
      fits = fits && kernels::conv_output_size(c.image[i], c.kernel[i], c.options.stride[i],
                                               c.options.padding[i], c.options.dilation[i]) > 0;
    }
    if (fits) return c;
  }
}

}  // namespace

TEST_CASE("matmul equals plain loops", "[kernels][matmul]") {
  Generator random(1);
  const std::vector<MatmulCase> cases{{1, 1, 1},
                                      {1, 1, 700},
                                      {5, 1, 3},
                                      {1, 40, 9},
                                      {13, 33, 17},
                                      {12, 32, 256},
                                      {24, 64, 257},
                                      {100, 3, 300},
                                      {3, 100, 600},
                                      {67, 71, 73},
                                      {130, 20, 40},
                                      {7, 9, 3000},
                                      {70, 200, 5},
                                      // Few rows with a large matrix, and one row too many for that.
                                      {1, 128, 128},
                                      {5, 300, 131},
                                      {16, 160, 515},
                                      {29, 333, 190},
                                      {64, 129, 270},
                                      {65, 129, 270},
                                      // A column that is multiplied as a row, and one too short for that.
                                      {64, 1, 515},
                                      {333, 1, 131},
                                      {15, 1, 128},
                                      // Few terms of a large result, and one too many.
                                      {128, 128, 1},
                                      {128, 130, 0},
                                      {130, 300, 5},
                                      {150, 161, 64},
                                      {150, 161, 65},
                                      // K so long that it alone is cut.
                                      {40, 50, 4500},
                                      {4, 5, 0},
                                      {2, 3, 4, 3},
                                      {17, 35, 19, 2},
                                      {17, 35, 19, 5, true, false},
                                      {17, 35, 19, 5, false, true},
                                      {40, 6, 30, 4, true, true},
                                      {1, 1, 8, 6},
                                      {9, 4, 0, 2}};
  for (const MatmulCase& c : cases)
    for (bool trans_a : {false, true})
      for (bool trans_b : {false, true})
        for (bool integers : {true, false}) {
          check_matmul<float>(c, {trans_a, trans_b}, integers, random);
          check_matmul<double>(c, {trans_a, trans_b}, integers, random);
        }
}

TEST_CASE("matmul leaves empty results alone", "[kernels][matmul]") {
  const Tensor a = Tensor::empty({0, 4}), b = Tensor::empty({4, 3});
  Tensor y = Tensor::empty({0, 3});
  CHECK_NOTHROW(kernels::matmul(a, b, y, {}));
}

TEST_CASE("convolutions equal plain loops on chosen geometries", "[kernels][conv]") {
  Generator random(2);
  const std::vector<ConvCase> cases{
      // The layers of DCGAN, thinner and at small batches.
      {2, 3, 10, {64, 64}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
      {3, 10, 12, {32, 32}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
      {3, 9, 14, {16, 16}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
      {5, 20, 33, {8, 8}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
      {5, 30, 1, {4, 4}, {4, 4}, {}},
      {4, 40, 20, {4, 4}, {4, 4}, {}},
      // Residual and first layers of image-to-image networks, and their smallest.
      {1, 17, 17, {34, 34}, {3, 3}, {}},
      {1, 3, 8, {38, 38}, {7, 7}, {}},
      {1, 24, 40, {2, 2}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
      {1, 24, 40, {4, 4}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
      {1, 70, 70, {1, 1}, {1, 1}, {}},
      // Pointwise, with and without stride; depthwise; groups.
      {2, 5, 7, {9, 8}, {1, 1}, {}},
      {2, 5, 7, {9, 8}, {1, 1}, {.stride = {2, 3}}},
      {2, 6, 6, {7, 16}, {3, 3}, {.padding = {1, 1}, .groups = 6}},
      {2, 4, 8, {6, 6}, {6, 6}, {.groups = 2}},
      {3, 6, 9, {10, 16}, {3, 2}, {.stride = {1, 2}, .padding = {0, 1}, .groups = 3}},
      // Padding beyond the kernel, rows of taps that see only padding, stride beyond the kernel, dilation.
      {1, 2, 3, {3, 3}, {2, 2}, {.padding = {5, 6}}},
      {1, 2, 3, {1, 1}, {5, 7}, {.padding = {2, 3}}},
      {2, 3, 4, {11, 13}, {2, 1}, {.stride = {4, 5}}},
      {2, 3, 4, {16, 16}, {3, 3}, {.padding = {2, 2}, .dilation = {2, 2}}},
      {1, 1, 1, {9, 9}, {3, 3}, {.stride = {3, 2}, .padding = {1, 4}, .dilation = {2, 3}}},
      // A kernel wider than the vector path holds, and one with more taps than a block of K.
      {1, 2, 3, {8, 40}, {1, 33}, {.padding = {0, 16}}},
      {1, 1, 2, {24, 24}, {20, 20}, {.padding = {2, 2}}},
      // Two taps an axis in each phase, and channels enough for minimal filtering: tiles that the grid cuts,
      // rows of tiles as long as vectors and not, padding wider than a tile, several blocks of K.
      {19, 16, 16, {4, 4}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}, true},
      {2, 17, 19, {9, 14}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}, true},
      {1, 16, 40, {32, 16}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}, true},
      {1, 16, 16, {12, 64}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}, true},
      {3, 16, 17, {10, 12}, {4, 4}, {.stride = {2, 2}}, true},
      {2, 16, 20, {7, 11}, {4, 4}, {.stride = {2, 2}, .padding = {3, 2}}, true},
      {2, 16, 16, {2, 8}, {4, 4}, {.stride = {2, 2}, .padding = {5, 6}}, true},
      {9, 16, 16, {24, 24}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}, true},
      {2, 16, 16, {6, 36}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}, true},
      {2, 16, 18, {8, 9}, {2, 2}, {}, true},
      {1, 18, 130, {31, 15}, {2, 2}, {.padding = {1, 1}}, true},
      // Thin outputs and thin inputs: taps as channels, with padding wider than the kernel and none.
      {2, 21, 3, {19, 22}, {7, 7}, {}},
      {2, 3, 21, {19, 22}, {7, 7}, {.padding = {3, 3}}},
      {1, 12, 1, {11, 9}, {4, 4}, {.padding = {1, 5}}},
      {1, 1, 12, {11, 9}, {4, 4}, {.padding = {1, 5}}},
      {3, 18, 6, {20, 13}, {5, 3}, {.stride = {2, 1}, .padding = {2, 0}, .dilation = {2, 3}}},
      {3, 6, 18, {20, 13}, {5, 3}, {.stride = {2, 1}, .padding = {2, 0}, .dilation = {2, 3}}},
      {2, 3, 13, {19, 22}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
      {1, 2, 12, {15, 23}, {3, 5}, {.stride = {1, 3}, .padding = {2, 4}, .dilation = {2, 2}}},
      {3, 4, 13, {20, 25}, {2, 3}, {.stride = {2, 4}}},
      // Input gradients that are scattered: from few channels, and of strides; images of several bands and
      // channels of several blocks, more channels than a block of K holds, positions that no tap reaches,
      // rows shorter than a vector, one channel and one pixel too few, one row of taps too many.
      {2, 3, 16, {18, 20}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
      {2, 3, 15, {18, 20}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
      {1, 3, 16, {18, 14}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
      {1, 3, 260, {16, 17}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
      {3, 6, 18, {20, 15}, {5, 3}, {.stride = {2, 1}, .padding = {2, 0}, .dilation = {2, 3}}},
      {1, 5, 16, {90, 30}, {3, 3}, {.stride = {2, 2}, .padding = {1, 1}}},
      {1, 70, 16, {16, 18}, {3, 3}, {.stride = {2, 2}, .padding = {1, 1}}},
      {2, 9, 16, {25, 40}, {3, 3}, {.stride = {2, 2}, .padding = {3, 5}, .dilation = {2, 2}}},
      {1, 9, 17, {30, 31}, {2, 2}, {.stride = {3, 4}}},
      {1, 7, 16, {30, 130}, {3, 5}, {.stride = {3, 1}, .padding = {0, 7}}},
      {1, 2, 16, {41, 3}, {1, 3}, {.padding = {2, 1}}},
      {1, 2, 16, {53, 9}, {17, 2}, {.stride = {2, 2}, .padding = {1, 1}}},
      {2, 13, 2, {15, 12}, {3, 4}, {.padding = {1, 2}, .dilation = {2, 3}}},
      // Taps that would leave much of a vector empty; more in a row than are copied at once.
      {2, 1, 16, {9, 12}, {3, 3}, {.padding = {1, 1}}},
      {1, 2, 16, {12, 20}, {3, 9}, {.padding = {1, 4}}},
      {2, 4, 32, {9, 14}, {3, 5}, {.stride = {2, 3}, .padding = {2, 1}, .groups = 2}},
      // Few pixels beside the weights, which are then used as they lie, and one pixel more: taps outside the
      // image, positions that no tap reads, taps at a distance, more pixels than a tile, odd lengths.
      {1, 9, 130, {4, 4}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
      {1, 43, 128, {6, 8}, {3, 3}, {.stride = {1, 2}, .padding = {0, 1}}},
      {1, 43, 127, {6, 8}, {3, 3}, {.stride = {1, 2}, .padding = {0, 1}}},
      {3, 33, 150, {7, 9}, {2, 2}, {.stride = {4, 4}}},
      {1, 23, 160, {5, 6}, {2, 3}, {.dilation = {2, 2}}},
      {2, 9, 132, {2, 1}, {3, 5}, {.stride = {2, 2}, .padding = {1, 2}}},
      {1, 9, 424, {54, 3}, {4, 4}, {.padding = {1, 1}}},
      {2, 2, 130, {3, 3}, {3, 3}, {.padding = {4, 3}, .dilation = {2, 3}}},
      // Rows that end within vectors: of pixels next to each other and of every second, of images in turn.
      {3, 12, 3, {9, 37}, {7, 7}, {.padding = {1, 0}}},
      {2, 7, 9, {12, 75}, {5, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
      // Enough pixels that the weight gradient is summed in chunks.
      {4, 1, 2, {40, 40}, {3, 3}, {.padding = {1, 1}}},
      {4, 1, 16, {40, 40}, {3, 3}, {.padding = {1, 1}}},
      {4, 4, 1, {40, 40}, {3, 3}, {.padding = {1, 1}}},
  };
  for (const ConvCase& c : cases) check_conv(c, random);
}

TEST_CASE("convolutions equal plain loops on random geometries", "[kernels][conv]") {
  Generator random(3);
  for (int i = 0; i < 150; ++i) check_conv(random_case(random), random);
}

TEST_CASE("convolution over no images", "[kernels][conv]") {
  const Tensor x = Tensor::empty({0, 2, 5, 5}), w = Tensor::zeros({3, 2, 3, 3}),
               gy = Tensor::empty({0, 3, 3, 3});
  Tensor y = Tensor::empty({0, 3, 3, 3}), gx = Tensor::empty({0, 2, 5, 5}),
         gw = Tensor::full({3, 2, 3, 3}, 1);
  kernels::conv2d(x, w, y, {});
  kernels::conv2d_input_grad(gy, w, gx, {});
  kernels::conv2d_weight_grad(x, gy, gw, {});
  for (float v : gw.to_vector<float>()) CHECK(v == 0);
}

}  // namespace saddle
