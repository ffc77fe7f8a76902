// Records of interpolation and of the separable map under it.
#include "tests/ops/record.h"

namespace saddle::test {
namespace {

using Pair = std::array<int64_t, 2>;
using Matrix = std::vector<std::vector<double>>;  // [outputs][sources]

Sample sample_of(const std::string& name, const Shape& shape, bool gradient) {
  Sample s;
  s.name = name;
  s.inputs = {{.shape = shape}};
  s.gradient = gradient;
  return s;
}

AxisMap map_of(const Matrix& matrix) {
  AxisMap map(static_cast<int64_t>(matrix[0].size()));
  for (const std::vector<double>& row : matrix) {
    std::vector<AxisMap::Tap> taps;
    for (size_t i = 0; i < row.size(); ++i) taps.push_back({static_cast<int64_t>(i), row[i]});
    map.push(taps);
  }
  return map;
}

/// f(output, source) for every element.
template <class F>
Matrix matrix(int64_t outputs, int64_t sources, F&& f) {
  Matrix m(static_cast<size_t>(outputs));
  for (int64_t i = 0; i < outputs; ++i)
    for (int64_t u = 0; u < sources; ++u) m[static_cast<size_t>(i)].push_back(f(i, u));
  return m;
}

/// A map with `taps` weights around the output's place, so that none, one or many sources are read.
Matrix band(int64_t outputs, int64_t sources, int64_t taps) {
  return matrix(outputs, sources, [=](int64_t i, int64_t u) {
    const int64_t d = u - i * sources / outputs;
    return d >= 0 && d < taps ? 0.5 + 0.125 * static_cast<double>((i + 3 * u) % 5) : 0.0;
  });
}

/// Reads sources in no order, some often, some never; every third output reads nothing.
Matrix scattered(int64_t outputs, int64_t sources) {
  return matrix(outputs, sources, [=](int64_t i, int64_t u) {
    const bool read = i % 3 != 2 && (7 * i + 3) % sources == u;
    return read ? 1.0 : 0.0;
  });
}

/// Each output but the second reads three sources, the first and the last among them.
Matrix far_apart(int64_t outputs, int64_t sources) {
  return matrix(outputs, sources, [=](int64_t i, int64_t u) {
    const bool read = i != 1 && (u == 0 || u == sources / 2 + i || u == sources - 1);
    return read ? 0.25 : 0.0;
  });
}

Sample resample_sample(int64_t images, int64_t channels, const Matrix& rows, const Matrix& columns,
                       double fill, bool gradient) {
  const Shape shape{images, channels, static_cast<int64_t>(rows[0].size()),
                    static_cast<int64_t>(columns[0].size())};
  const Shape to{images, channels, static_cast<int64_t>(rows.size()), static_cast<int64_t>(columns.size())};
  Sample s = sample_of(concat(shape, " to ", to, " fill ", fill), shape, gradient);
  s.run = [=](const Variables& v) { return resample2d(v[0], map_of(rows), map_of(columns), fill); };
  s.reference = [=](const std::vector<Array>& v) {
    Array y(to);
    for (int64_t n = 0; n < images; ++n)
      for (int64_t c = 0; c < channels; ++c)
        for (size_t i = 0; i < rows.size(); ++i)
          for (size_t j = 0; j < columns.size(); ++j) {
            double sum = 0, weights = 0;
            for (size_t u = 0; u < rows[i].size(); ++u)
              for (size_t w = 0; w < columns[j].size(); ++w) {
                sum += rows[i][u] * columns[j][w] * v[0].at(n, c, u, w);
                weights += rows[i][u] * columns[j][w];
              }
            y.at(n, c, i, j) = weights > 0 ? sum : fill;
          }
    return y;
  };
  s.options = {{"rows", rows}, {"columns", columns}, {"fill", fill}};
  s.bytes = 4.0 * static_cast<double>(shape.numel() + to.numel());
  return s;
}

/// y[.., i, j] = pixel(plane, i, j), where plane(u, v) is a pixel of the input.
template <class F>
Array map_planes(const Array& x, const Pair& size, F&& pixel) {
  Array y({x.shape[0], x.shape[1], size[0], size[1]});
  for (int64_t n = 0; n < x.shape[0]; ++n)
    for (int64_t c = 0; c < x.shape[1]; ++c)
      for (int64_t i = 0; i < size[0]; ++i)
        for (int64_t j = 0; j < size[1]; ++j)
          y.at(n, c, i, j) = pixel([&](int64_t u, int64_t v) { return x.at(n, c, u, v); }, i, j);
  return y;
}

Array nearest_reference(const Array& x, const Pair& size) {
  const auto source = [&](int64_t i, int axis) {
    const float scale =
        static_cast<float>(x.shape[2 + axis]) / static_cast<float>(size[static_cast<size_t>(axis)]);
    return static_cast<int64_t>(static_cast<float>(i) * scale);
  };
  return map_planes(x, size,
                    [&](auto plane, int64_t i, int64_t j) { return plane(source(i, 0), source(j, 1)); });
}

Array bilinear_reference(const Array& x, const Pair& size, bool align_corners) {
  const auto source = [&](int64_t i, int axis) {
    const double in = static_cast<double>(x.shape[2 + axis]), at = static_cast<double>(i);
    const double out = static_cast<double>(size[static_cast<size_t>(axis)]);
    const double scale = align_corners ? (out > 1 ? (in - 1) / (out - 1) : 0) : in / out;
    const double place = align_corners ? at * scale : (at + 0.5) * scale - 0.5;
    return std::min(std::max(place, 0.0), in - 1);
  };
  return map_planes(x, size, [&](auto plane, int64_t i, int64_t j) {
    const double row = source(i, 0), column = source(j, 1);
    const int64_t u = static_cast<int64_t>(row), v = static_cast<int64_t>(column);
    const int64_t below = std::min(u + 1, x.shape[2] - 1), right = std::min(v + 1, x.shape[3] - 1);
    const double a = row - static_cast<double>(u), b = column - static_cast<double>(v);
    return (1 - a) * ((1 - b) * plane(u, v) + b * plane(u, right)) +
           a * ((1 - b) * plane(below, v) + b * plane(below, right));
  });
}

struct Resize {
  Shape from;
  Pair to;
  bool gradient = false;
};

/// Up and down, by whole factors and not, to and from one pixel, rows and columns the other way round; then
/// rows around and beyond the lengths of vectors.
const std::vector<Resize> resizes = {
    {{1, 2, 3, 2}, {6, 4}, true}, {{2, 1, 4, 4}, {2, 2}, true}, {{1, 1, 3, 5}, {4, 3}, true},
    {{1, 1, 5, 3}, {2, 7}, true}, {{1, 2, 1, 1}, {3, 2}, true}, {{1, 2, 3, 4}, {1, 1}, true},
    {{1, 1, 2, 3}, {2, 3}, true}, {{1, 1, 6, 1}, {4, 5}, true}, {{2, 3, 17, 16}, {34, 32}},
    {{1, 2, 9, 33}, {21, 50}},    {{1, 2, 50, 70}, {7, 9}},     {{1, 1, 3, 100}, {5, 37}},
    {{1, 1, 64, 200}, {2, 3}},    {{1, 3, 4, 15}, {9, 61}},     {{40, 8, 16, 16}, {32, 32}}};

std::vector<Sample> resize_samples(std::function<Variable(const Variable&, Pair)> op,
                                   std::function<Array(const Array&, Pair)> reference, std::string label,
                                   nlohmann::json options, std::vector<Resize> list = resizes) {
  std::vector<Sample> samples;
  for (const Resize& r : list) {
    Sample s = sample_of(concat(r.from, " to ", r.to[0], "x", r.to[1], label), r.from, r.gradient);
    s.run = [op, r](const Variables& v) { return op(v[0], r.to); };
    s.reference = [reference, r](const std::vector<Array>& v) { return reference(v[0], r.to); };
    s.options = options;
    s.options["size"] = r.to;
    s.bytes = 4.0 * static_cast<double>(r.from.numel() / r.from[2] / r.from[3] *
                                        (r.from[2] * r.from[3] + r.to[0] * r.to[1]));
    samples.push_back(std::move(s));
  }
  return samples;
}

std::vector<Refusal> resize_refusals(const std::string& op, std::function<void(const Variable&, Pair)> run) {
  return {{"size",
           [=] {
             run(zeros({1, 1, 2, 2}), {3, 0});
           },
           op + ": size [3,0] is below 1"},
          {"no pixels",
           [=] {
             run(zeros({1, 1, 0, 2}), {3, 3});
           },
           op + ": image [0,2] is below 1"},
          {"rank",
           [=] {
             run(zeros({1, 2, 2}), {3, 3});
           },
           op + ": input [1,2,2] is not [N,C,H,W]"},
          {"dtype",
           [=] {
             run(zeros({1, 1, 2, 2}, DType::u8), {3, 3});
           },
           op + ": dtype u8 is not f32 or f64"}};
}

Sample interpolate_sample(const Shape& shape, int64_t factor, Interpolation mode, bool align_corners) {
  const bool nearest = mode == Interpolation::nearest;
  const Pair size{factor * shape[2], factor * shape[3]};
  const char* mode_name = nearest ? "nearest" : "bilinear";
  Sample s =
      sample_of(concat(shape, " x", factor, " ", mode_name, align_corners ? " corners" : ""), shape, true);
  s.run = [=](const Variables& v) { return interpolate(v[0], factor, mode, align_corners); };
  s.reference = [=](const std::vector<Array>& v) {
    return nearest ? nearest_reference(v[0], size) : bilinear_reference(v[0], size, align_corners);
  };
  s.options = {{"scale_factor", factor}, {"mode", mode_name}};
  if (!nearest) s.options["align_corners"] = align_corners;
  return s;
}

const Records records([](auto add) {
  std::vector<Sample> maps = {
      resample_sample(2, 1, band(3, 4, 2), band(5, 3, 2), 0, true),
      resample_sample(1, 2, band(2, 5, 3), scattered(4, 3), 0.75, true),
      resample_sample(1, 1, scattered(5, 3), band(3, 4, 1), -2, true),
      resample_sample(2, 2, band(9, 20, 5), scattered(70, 100), 1.5, false),
      resample_sample(1, 3, scattered(40, 7), band(75, 40, 3), 0, false),
      resample_sample(1, 1, band(20, 9, 2), band(40, 300, 11), 0, false),
      resample_sample(3, 2, band(6, 6, 1), band(33, 33, 2), 0, false),
      // Sums of one to four taps and of many, some with no taps at all, over several rows of blocks.
      resample_sample(5, 3, band(9, 6, 1), band(37, 40, 1), 2, false),
      resample_sample(5, 3, band(9, 6, 2), band(70, 40, 2), 2, false),
      resample_sample(5, 3, band(9, 12, 4), band(75, 70, 3), 0, false),
      resample_sample(5, 3, band(12, 9, 4), scattered(260, 70), 2, false),
      resample_sample(5, 3, band(9, 12, 6), band(33, 100, 7), 2, false),
      // Sums cut in pieces; sources that lie far apart.
      resample_sample(2, 1, band(2, 150, 140), band(3, 9, 3), 0, false),
      resample_sample(1, 2, band(3, 4, 3), far_apart(3, 7000), 2, false),
      resample_sample(0, 2, band(3, 4, 2), band(5, 3, 2), 0, false),
  };
  add({"resample2d",
       maps,
       {{"maps",
         [] {
           resample2d(zeros({1, 2, 4, 5}), map_of(band(2, 5, 1)), map_of(band(2, 4, 1)));
         },
         "resample2d: maps of [5,4] pixels do not fit input [1,2,4,5]"},
        {"rank",
         [] {
           resample2d(zeros({4, 5}), map_of(band(2, 4, 1)), map_of(band(2, 5, 1)));
         },
         "resample2d: input [4,5] is not [N,C,H,W]"}}});

  // Where the quotient's rounding shows: the exact product is a whole number.
  std::vector<Sample> nearest = resize_samples(upsample_nearest2d, nearest_reference, "", {});
  for (Sample& s :
       resize_samples(upsample_nearest2d, nearest_reference, "", {}, {{{1, 1, 1, 4}, {1, 82}, false}}))
    nearest.push_back(s);
  add({"upsample_nearest2d", nearest,
       resize_refusals("upsample_nearest2d", [](auto& x, Pair size) { upsample_nearest2d(x, size); })});

  std::vector<Sample> bilinear;
  for (const bool align_corners : {false, true})
    for (Sample& s :
         resize_samples([=](auto&x, Pair size) { return upsample_bilinear2d(x, size, align_corners); },
                        [=](auto&x, Pair size) { return bilinear_reference(x, size, align_corners); },
                        align_corners ? " corners" : "", {{"align_corners", align_corners}}))
      bilinear.push_back(s);
  add({"upsample_bilinear2d", bilinear,
       resize_refusals("upsample_bilinear2d", [](auto& x, Pair size) { upsample_bilinear2d(x, size); })});

  add({"interpolate",
       {interpolate_sample({1, 2, 2, 3}, 2, Interpolation::nearest, false),
        interpolate_sample({1, 1, 3, 2}, 1, Interpolation::nearest, false),
        interpolate_sample({2, 1, 2, 2}, 3, Interpolation::bilinear, false),
        interpolate_sample({1, 1, 3, 2}, 2, Interpolation::bilinear, true)},
       {{"factor",
         [] {
           interpolate(zeros({1, 1, 2, 2}), 0);
         },
         "interpolate: scale_factor 0 is below 1"},
        {"align_corners",
         [] {
           interpolate(zeros({1, 1, 2, 2}), 2, Interpolation::nearest, true);
         },
         "interpolate: align_corners has no meaning for mode nearest"}}});
});

}  // namespace
}  // namespace saddle::test
