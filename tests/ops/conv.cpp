// Records of the convolutions. All of them are held against one reference: loops over the sum of products
// that kernels/conv.h gives.
#include <cmath>

#include "tests/ops/activated.h"

namespace saddle::test {
namespace {

using Pair = std::array<int64_t, 2>;

/// A convolution x[images, in, image] * w[out, in / groups, kernel].
struct Geometry {
  int64_t images, in, out;
  Pair image, kernel;
  Conv2dOptions options = {};
  bool gradient = true;  // false where the full Jacobian would take too long

  Pair output() const {
    Pair size{};
    for (size_t i = 0; i < 2; ++i)
      size[i] = kernels::conv_output_size(image[i], kernel[i], options.stride[i], options.padding[i],
                                          options.dilation[i]);
    return size;
  }
  Shape x() const { return {images, in, image[0], image[1]}; }
  Shape w() const { return {out, in / options.groups, kernel[0], kernel[1]}; }
  Shape y() const { return {images, out, output()[0], output()[1]}; }
  double flops() const {
    return 2 * static_cast<double>(y().numel()) *
           static_cast<double>(w().numel() / std::max<int64_t>(1, out));
  }
};

/// Calls f(iy, ix, iw) with the flat indices of every product in the sum.
template <class F>
void for_each_product(const Geometry& g, F&& f) {
  const Array x(g.x()), w(g.w()), y(g.y());
  const auto& [stride, padding, dilation, groups] = g.options;
  const int64_t in = g.in / groups, out = g.out / groups;
  for (int64_t n = 0; n < g.images; ++n)
    for (int64_t o = 0; o < g.out; ++o)
      for (int64_t i = 0; i < y.shape[2]; ++i)
        for (int64_t j = 0; j < y.shape[3]; ++j)
          for (int64_t c = 0; c < in; ++c)
            for (int64_t u = 0; u < g.kernel[0]; ++u)
              for (int64_t v = 0; v < g.kernel[1]; ++v) {
                const int64_t row = i * stride[0] - padding[0] + u * dilation[0];
                const int64_t column = j * stride[1] - padding[1] + v * dilation[1];
                if (row < 0 || row >= g.image[0] || column < 0 || column >= g.image[1]) continue;
                f(y.offset({n, o, i, j}), x.offset({n, o / out * in + c, row, column}),
                  w.offset({o, c, u, v}));
              }
}

std::string name_of(const Geometry& g) {
  const auto pair = [](const char* name, const Pair& p, int64_t usual) {
    return p == Pair{usual, usual} ? "" : concat(" ", name, p[0], "x", p[1]);
  };
  return concat(g.x(), " ", g.w(), pair("stride ", g.options.stride, 1),
                pair("padding ", g.options.padding, 0), pair("dilation ", g.options.dilation, 1),
                g.options.groups == 1 ? "" : concat(" groups ", g.options.groups));
}

nlohmann::json options_of(const Geometry& g) {
  return {{"stride", g.options.stride},
          {"padding", g.options.padding},
          {"dilation", g.options.dilation},
          {"groups", g.options.groups}};
}

/// What all samples of a geometry share. Each output is a sum of at most `terms` products; the second operand
/// is scaled such that the sum is about 1.
Sample sample_of(const Geometry& g, const Shape& a, const Shape& b, int64_t terms) {
  Sample s;
  const double scale = 1 / std::sqrt(static_cast<double>(terms));
  s.inputs = {{.shape = a}, {.shape = b, .low = -scale, .high = scale}};
  s.name = name_of(g);
  s.options = options_of(g);
  s.gradient = g.gradient;
  s.flops = g.flops();
  s.bytes = 4.0 * static_cast<double>(g.x().numel() + g.w().numel() + g.y().numel());
  s.tolerance = 2 * std::sqrt(static_cast<double>(terms) + 4);
  return s;
}

Sample forward_sample(const Geometry& g, bool bias, const Activation& activation = {}) {
  Sample s = sample_of(g, g.x(), g.w(), g.w().numel() / g.out);
  if (bias) s.name += " bias";
  if (bias) s.inputs.push_back({.shape = {g.out}});
  describe(s, activation);
  s.run = [=](const Variables& v) {
    return conv2d(v[0], v[1], v.size() > 2 ? v[2] : Variable(), g.options, activation);
  };
  s.reference = [=](const std::vector<Array>& v) {
    Array y(g.y());
    if (v.size() > 2)
      for (size_t i = 0; i < y.values.size(); ++i)
        y.values[i] = v[2].values[i / static_cast<size_t>(y.shape[2] * y.shape[3]) % v[2].values.size()];
    for_each_product(
        g, [&](size_t iy, size_t ix, size_t iw) { y.values[iy] += v[0].values[ix] * v[1].values[iw]; });
    return activated(activation, y);
  };
  return s;
}

Array input_gradient(const Geometry& g, const Array& gy, const Array& w) {
  Array gx(g.x());
  for_each_product(g,
                   [&](size_t iy, size_t ix, size_t iw) { gx.values[ix] += gy.values[iy] * w.values[iw]; });
  return gx;
}

Sample input_grad_sample(const Geometry& g) {
  Sample s = sample_of(g, g.y(), g.w(), g.w().numel() / g.in);
  s.options["input_size"] = extents(g.x());
  s.run = [g](const Variables& v) { return conv2d_input_grad(v[0], v[1], g.image, g.options); };
  s.reference = [g](const std::vector<Array>& v) { return input_gradient(g, v[0], v[1]); };
  return s;
}

Sample weight_grad_sample(const Geometry& g) {
  Sample s = sample_of(g, g.x(), g.y(), g.images * g.output()[0] * g.output()[1]);
  s.options["weight_size"] = extents(g.w());
  s.run = [g](const Variables& v) { return conv2d_weight_grad(v[0], v[1], g.kernel, g.options); };
  s.reference = [g](const std::vector<Array>& v) {
    Array gw(g.w());
    for_each_product(
        g, [&](size_t iy, size_t ix, size_t iw) { gw.values[iw] += v[0].values[ix] * v[1].values[iy]; });
    return gw;
  };
  return s;
}

/// The transpose of geometry g: its outputs are the input, its image the output.
Sample transpose_sample(const Geometry& g, bool bias, const Activation& activation = {}) {
  Sample s = sample_of(g, g.y(), g.w(), g.w().numel() / g.in);
  const auto& [stride, padding, dilation, groups] = g.options;
  ConvTranspose2dOptions options{
      .stride = stride, .padding = padding, .dilation = dilation, .groups = groups};
  for (size_t i = 0; i < 2; ++i)
    options.output_padding[i] =
        g.image[i] - ((g.output()[i] - 1) * stride[i] - 2 * padding[i] + dilation[i] * (g.kernel[i] - 1) + 1);
  s.options["output_padding"] = options.output_padding;
  s.name = concat(g.y(), " ", s.name, bias ? " bias" : "");
  if (bias) s.inputs.push_back({.shape = {g.in}});
  describe(s, activation);
  s.run = [=](const Variables& v) {
    return conv_transpose2d(v[0], v[1], v.size() > 2 ? v[2] : Variable(), options, activation);
  };
  s.reference = [=](const std::vector<Array>& v) {
    Array y = input_gradient(g, v[0], v[1]);
    if (v.size() > 2)
      for (size_t i = 0; i < y.values.size(); ++i)
        y.values[i] += v[2].values[i / static_cast<size_t>(g.image[0] * g.image[1]) % v[2].values.size()];
    return activated(activation, y);
  };
  return s;
}

/// Small enough for full Jacobians of second order.
std::vector<Geometry> small_geometries() {
  std::vector<Geometry> list{
      // The kernels of the models: 4x4 over stride 2, down to one pixel, and from it.
      {1, 2, 2, {4, 4}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
      {2, 1, 2, {6, 6}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
      {1, 1, 1, {8, 8}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
      {1, 2, 3, {2, 2}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}},
      {2, 2, 1, {4, 4}, {4, 4}},
      {2, 3, 2, {3, 2}, {3, 2}},
      {1, 2, 1, {5, 4}, {3, 3}, {.padding = {1, 1}}},
      {1, 2, 2, {5, 5}, {3, 3}},
      {1, 2, 1, {7, 7}, {3, 3}, {.stride = {2, 2}, .padding = {1, 1}}},
      {1, 1, 2, {8, 8}, {7, 7}},
      {1, 1, 1, {6, 6}, {7, 7}, {.padding = {3, 3}}},
      {1, 1, 2, {5, 5}, {5, 5}, {.padding = {2, 2}}},
      // Pointwise.
      {2, 3, 2, {3, 3}, {1, 1}},
      {2, 3, 2, {1, 1}, {1, 1}},
      {1, 1, 1, {1, 1}, {1, 1}},
      {1, 2, 2, {5, 5}, {1, 1}, {.stride = {2, 2}}},
      {1, 2, 2, {3, 4}, {1, 1}, {.padding = {1, 0}}},
      // Asymmetric in every way.
      {1, 2, 2, {3, 6}, {2, 3}},
      {1, 2, 2, {6, 3}, {3, 2}, {.stride = {2, 1}}},
      {1, 2, 2, {4, 7}, {1, 3}, {.stride = {1, 2}, .padding = {0, 1}}},
      {1, 2, 2, {7, 4}, {3, 1}, {.stride = {3, 1}, .padding = {2, 0}}},
      {1, 1, 2, {5, 6}, {4, 2}, {.stride = {1, 3}, .padding = {2, 1}}},
      {2, 1, 2, {1, 9}, {1, 4}, {.stride = {1, 2}, .padding = {0, 1}}},
      {2, 1, 2, {9, 1}, {4, 1}, {.stride = {2, 1}, .padding = {1, 0}}},
      // Padding as wide as the kernel and wider.
      {1, 1, 1, {2, 2}, {2, 2}, {.padding = {2, 2}}},
      {1, 1, 2, {2, 3}, {2, 2}, {.padding = {3, 4}}},
      {1, 1, 2, {1, 1}, {3, 3}, {.padding = {1, 1}}},
      {1, 1, 1, {1, 2}, {3, 5}, {.stride = {2, 2}, .padding = {3, 3}}},
      // Dilation.
      {1, 2, 1, {5, 5}, {2, 2}, {.dilation = {2, 2}}},
      {1, 1, 2, {6, 6}, {3, 3}, {.padding = {2, 2}, .dilation = {2, 2}}},
      {1, 1, 1, {7, 8}, {3, 2}, {.stride = {2, 2}, .padding = {1, 0}, .dilation = {2, 3}}},
      {1, 1, 1, {7, 7}, {3, 3}, {.stride = {3, 2}, .padding = {1, 2}, .dilation = {1, 3}}},
      {1, 1, 1, {6, 6}, {2, 2}, {.stride = {2, 2}, .dilation = {4, 4}}},
      // Groups, depthwise among them.
      {1, 4, 2, {3, 3}, {2, 2}, {.groups = 2}},
      {1, 2, 4, {3, 2}, {2, 2}, {.padding = {1, 1}, .groups = 2}},
      {1, 3, 3, {4, 4}, {3, 3}, {.padding = {1, 1}, .groups = 3}},
      {1, 2, 4, {4, 4}, {3, 3}, {.stride = {2, 2}, .padding = {1, 1}, .groups = 2}},
      {1, 4, 4, {2, 2}, {2, 2}, {.groups = 4}},
      {1, 3, 6, {3, 3}, {1, 1}, {.groups = 3}},
      {1, 2, 2, {5, 5}, {2, 2}, {.stride = {2, 2}, .dilation = {2, 2}, .groups = 2}},
  };
  // Strides around the kernel's size, on images that they divide and do not: with 3 x 2 kernels.
  for (int64_t stride : {2, 3, 4})
    for (int64_t size : {4, 5, 7, 8})
      list.push_back({1, 1, 2, {size, size + 1}, {3, 2}, {.stride = {stride, stride}}});
  for (int64_t stride : {2, 3})
    for (int64_t size : {5, 6, 7})
      list.push_back({1, 2, 1, {size, size}, {2, 2}, {.stride = {stride, stride}, .padding = {1, 1}}});
  return list;
}

/// Whole vectors and panels, several blocks of K, many images.
std::vector<Geometry> large_geometries() {
  return {
      {2, 3, 64, {64, 64}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}, false},
      {1, 64, 32, {32, 32}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}, false},
      {2, 32, 40, {16, 16}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}, false},
      {3, 40, 70, {8, 8}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}, false},
      {8, 64, 1, {4, 4}, {4, 4}, {}, false},
      {8, 64, 20, {4, 4}, {4, 4}, {}, false},
      {1, 24, 24, {34, 34}, {3, 3}, {}, false},
      {1, 3, 16, {38, 38}, {7, 7}, {}, false},
      {1, 24, 3, {20, 20}, {7, 7}, {}, false},
      {1, 64, 40, {2, 2}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}, false},
      {1, 20, 30, {31, 31}, {4, 4}, {.padding = {1, 1}}, false},
      {1, 20, 24, {33, 31}, {3, 3}, {.stride = {2, 2}, .padding = {1, 1}}, false},
      {1, 16, 16, {16, 16}, {3, 3}, {.padding = {1, 1}, .groups = 16}, false},
      // Few pixels beside the weights, and one channel too few for that.
      {1, 9, 128, {4, 4}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}, false},
      {4, 15, 128, {3, 4}, {3, 3}, {.stride = {2, 1}, .padding = {1, 0}}, false},
      {4, 15, 127, {3, 4}, {3, 3}, {.stride = {2, 1}, .padding = {1, 0}}, false},
      {6, 1, 1, {33, 29}, {3, 3}, {.padding = {1, 1}}, false},
      // One past the borders of the GPU's tiles: channels, pixels and taps.
      {1, 3, 9, {4, 4}, {3, 3}, {.padding = {1, 1}}, false},
      {1, 9, 3, {17, 1}, {1, 1}, {}, false},
      {17, 5, 33, {2, 2}, {4, 4}, {.stride = {2, 2}, .padding = {1, 1}}, false},
  };
}

const Records records([](auto add_record) {
  std::vector<Geometry> geometries = small_geometries();
  for (const Geometry& g : large_geometries()) geometries.push_back(g);

  std::vector<Sample> forward, input_grad, weight_grad, transpose;
  for (const Geometry& g : geometries) {
    forward.push_back(forward_sample(g, false));
    input_grad.push_back(input_grad_sample(g));
    weight_grad.push_back(weight_grad_sample(g));
    // Composed of conv2d_input_grad, whose derivatives are checked everywhere: some are enough.
    transpose.push_back(transpose_sample(g, false));
    transpose.back().gradient &= transpose.size() % 6 == 1;
  }
  for (size_t i : {0, 6, 12, 34}) {
    forward.push_back(forward_sample(geometries[i], true));
    transpose.push_back(transpose_sample(geometries[i], true));
  }
  for (const Activation& activation : {leaky_after, tanh_after}) {
    forward.push_back(forward_sample(geometries[0], true, activation));
    forward.push_back(forward_sample(geometries[1], false, activation));
    transpose.push_back(transpose_sample(geometries[1], true, activation));
  }

  add_record({"conv2d",
              forward,
              {{"channels",
                [] {
                  conv2d(zeros({16, 1, 32, 32}), zeros({64, 3, 4, 4}));
                },
                "conv2d: weight [64,3,4,4] expects 3 input channels, input [16,1,32,32] has 1"},
               {"channels of groups",
                [] {
                  conv2d(zeros({1, 3, 4, 4}), zeros({4, 3, 2, 2}), {}, {.groups = 2});
                },
                "conv2d: weight [4,3,2,2] expects 6 input channels, input [1,3,4,4] has 3"},
               {"rank of input",
                [] {
                  conv2d(zeros({3, 4, 4}), zeros({2, 3, 2, 2}));
                },
                "conv2d: input [3,4,4] is not of rank 4"},
               {"rank of weight",
                [] {
                  conv2d(zeros({1, 3, 4, 4}), zeros({2, 3, 2}));
                },
                "conv2d: weight [2,3,2] is not of rank 4"},
               {"size",
                [] {
                  conv2d(zeros({1, 1, 2, 5}), zeros({1, 1, 3, 3}), {}, {.dilation = {2, 1}});
                },
                "conv2d: kernel [3,3] with dilation [2,1] is larger than image [2,5] with padding [0,0]"},
               {"empty kernel",
                [] {
                  conv2d(zeros({1, 1, 2, 2}), zeros({1, 1, 0, 1}));
                },
                "conv2d: kernel [0,1] is below 1"},
               {"stride",
                [] {
                  conv2d(zeros({1, 1, 2, 2}), zeros({1, 1, 1, 1}), {}, {.stride = {1, 0}});
                },
                "conv2d: stride [1,0] is below 1"},
               {"padding",
                [] {
                  conv2d(zeros({1, 1, 2, 2}), zeros({1, 1, 1, 1}), {}, {.padding = {-1, 0}});
                },
                "conv2d: padding [-1,0] is below 0"},
               {"dilation",
                [] {
                  conv2d(zeros({1, 1, 2, 2}), zeros({1, 1, 1, 1}), {}, {.dilation = {0, 1}});
                },
                "conv2d: dilation [0,1] is below 1"},
               {"groups",
                [] {
                  conv2d(zeros({1, 4, 2, 2}), zeros({3, 2, 1, 1}), {}, {.groups = 2});
                },
                "conv2d: groups 2 do not divide the 3 output channels"},
               {"no groups",
                [] {
                  conv2d(zeros({1, 4, 2, 2}), zeros({3, 2, 1, 1}), {}, {.groups = 0});
                },
                "conv2d: groups 0 is below 1"},
               {"bias",
                [] {
                  conv2d(zeros({1, 1, 2, 2}), zeros({3, 1, 1, 1}), zeros({2}));
                },
                "conv2d: bias [2] does not fit the 3 output channels"},
               {"dtypes",
                [] {
                  conv2d(zeros({1, 1, 2, 2}), zeros({1, 1, 1, 1}, DType::f64));
                },
                "conv2d: dtypes f32 and f64 differ"},
               {"dtype",
                [] {
                  conv2d(zeros({1, 1, 2, 2}, DType::u8), zeros({1, 1, 1, 1}, DType::u8));
                },
                "conv2d: dtype u8 is not f32 or f64"}}});
  add_record(
      {"conv2d_input_grad",
       input_grad,
       {{"channels",
         [] {
           conv2d_input_grad(zeros({1, 2, 3, 3}), zeros({4, 1, 1, 1}), {3, 3});
         },
         "conv2d_input_grad: weight [4,1,1,1] has 4 output channels, output gradient [1,2,3,3] has 2"},
        {"size",
         [] {
           conv2d_input_grad(zeros({1, 4, 3, 3}), zeros({4, 1, 2, 2}), {3, 3});
         },
         "conv2d_input_grad: an image [3,3] gives outputs [2,2], output gradient [1,4,3,3] has [3,3]"},
        {"image",
         [] {
           conv2d_input_grad(zeros({1, 4, 3, 3}), zeros({4, 1, 2, 2}), {1, 4});
         },
         "conv2d_input_grad: kernel [2,2] with dilation [1,1] is larger than image [1,4] with padding [0,0]"},
        {"groups",
         [] {
           conv2d_input_grad(zeros({1, 3, 3, 3}), zeros({3, 1, 1, 1}), {3, 3}, {.groups = 2});
         },
         "conv2d_input_grad: groups 2 do not divide the 3 output channels"}}});
  add_record(
      {"conv2d_weight_grad",
       weight_grad,
       {{"images",
         [] {
           conv2d_weight_grad(zeros({2, 1, 3, 3}), zeros({1, 1, 3, 3}), {1, 1});
         },
         "conv2d_weight_grad: input [2,1,3,3] has 2 images, output gradient [1,1,3,3] has 1"},
        {"size",
         [] {
           conv2d_weight_grad(zeros({1, 1, 3, 3}), zeros({1, 1, 3, 3}), {2, 2});
         },
         "conv2d_weight_grad: an image [3,3] gives outputs [2,2], output gradient [1,1,3,3] has [3,3]"},
        {"groups",
         [] {
           conv2d_weight_grad(zeros({1, 3, 3, 3}), zeros({1, 2, 3, 3}), {1, 1}, {.groups = 2});
         },
         "conv2d_weight_grad: groups 2 do not divide the 3 input channels"}}});
  add_record({"conv_transpose2d",
              transpose,
              {{"channels",
                [] {
                  conv_transpose2d(zeros({1, 2, 3, 3}), zeros({4, 1, 1, 1}));
                },
                "conv_transpose2d: weight [4,1,1,1] expects 4 input channels, input [1,2,3,3] has 2"},
               {"output padding",
                [] {
                  conv_transpose2d(zeros({1, 1, 3, 3}), zeros({1, 1, 3, 3}), {},
                                   {.stride = {2, 2}, .output_padding = {2, 0}});
                },
                "conv_transpose2d: output_padding [2,0] is not below stride [2,2]"},
               {"size",
                [] {
                  conv_transpose2d(zeros({1, 1, 1, 1}), zeros({1, 1, 2, 2}), {}, {.padding = {1, 1}});
                },
                "conv_transpose2d: output size [0,0] is below 1"},
               {"bias",
                [] {
                  conv_transpose2d(zeros({1, 2, 3, 3}), zeros({2, 3, 1, 1}), zeros({2}));
                },
                "conv_transpose2d: bias [2] does not fit the 3 output channels"}}});
});

}  // namespace
}  // namespace saddle::test
