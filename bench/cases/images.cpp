// Reductions, softmax, pooling, resampling and moves of elements, on the networks' largest activations.
#include <cstdlib>

#include "bench/cases.h"
#include "kernels/pool.h"
#include "kernels/reduce.h"
#include "kernels/resample.h"
#include "kernels/shape.h"
#include "kernels/softmax.h"

namespace saddle::bench {
namespace {

using kernels::AxisMap;

/// Each pixel `times` times.
AxisMap nearest(int64_t extent, int64_t times) {
  AxisMap map(extent);
  for (int64_t i = 0; i < extent * times; ++i) map.push({{i / times, 1}});
  return map;
}

/// Means of neighbouring pairs.
AxisMap halved(int64_t extent) {
  AxisMap map(extent);
  for (int64_t i = 0; i + 1 < extent; i += 2) map.push({{i, 0.5}, {i + 1, 0.5}});
  return map;
}

/// The binomial filter [1 2 1] / 4 of StyleGAN.
AxisMap blurred(int64_t extent) {
  AxisMap map(extent);
  for (int64_t i = 0; i < extent; ++i) {
    std::vector<AxisMap::Tap> taps;
    for (int64_t d = -1; d <= 1; ++d)
      if (i + d >= 0 && i + d < extent) taps.push_back({i + d, d == 0 ? 0.5 : 0.25});
    map.push(taps);
  }
  return map;
}

AxisMap reflected(int64_t extent, int64_t border) {
  AxisMap map(extent);
  for (int64_t i = -border; i < extent + border; ++i) {
    const int64_t from_start = std::abs(i);
    map.push({{from_start < extent ? from_start : 2 * (extent - 1) - from_start, 1}});
  }
  return map;
}

void add_resample(Cases& cases, const char* name, const Shape& shape, const AxisMap& rows,
                  const AxisMap& columns, Device device) {
  const Shape result{shape[0], shape[1], rows.outputs(), columns.outputs()};
  cases.push_back({.kernel = "resample2d",
                   .shape = concat(name, " ", shape.str()),
                   .bytes = bytes_of({shape, result}),
                   .make = [=] {
                     return [=, x = numbers(shape, device), y = numbers(result, device)]() mutable {
                       kernels::resample2d(x, y, rows, columns, 0);
                     };
                   }});
}

void add_reduce(Cases& cases, const char* name, const kernels::Kernel<kernels::Reduce>& kernel,
                const Shape& shape, const char* what, const Shape& result, kernels::AxisMask axes,
                Device device) {
  cases.push_back({.kernel = name,
                   .shape = concat(shape.str(), " ", what),
                   .bytes = bytes_of({shape, result}),
                   .make = [=, &kernel] {
                     return [=, &kernel, x = numbers(shape, device), y = numbers(result, device)]() mutable {
                       kernel(x, y, axes);
                     };
                   }});
}

}  // namespace

Cases reduce_cases(const Setting& setting) {
  Cases cases;
  for (const Shape& shape : activations(setting)) {
    const Shape channels{shape[1]}, planes{shape[0], shape[1]};
    add_reduce(cases, "sum", kernels::sum, shape, "to a channel's", channels, 0b1101, setting.device);
    add_reduce(cases, "sum", kernels::sum, shape, "to a plane's", planes, 0b1100, setting.device);
    add_reduce(cases, "sum", kernels::sum, shape, "of all", {}, 0b1111, setting.device);
    add_reduce(cases, "amax", kernels::amax, shape, "to a plane's", planes, 0b1100, setting.device);
  }
  return cases;
}

Cases softmax_cases(const Setting& setting) {
  // Logits of many classes, and attention maps.
  const std::vector<Shape> large{{4096, 1000}, {8, 1024, 1024}}, small{{2, 33}};
  Cases cases;
  for (const Shape& shape : setting.scale == Scale::small ? small : large)
    for (const auto& [name, kernel] :
         {std::pair{"softmax", &kernels::softmax}, {"log_softmax", &kernels::log_softmax}})
      cases.push_back({.kernel = name,
                       .shape = shape.str(),
                       .bytes = bytes_of({shape, shape}),
                       .make = [=, kernel = kernel, device = setting.device] {
                         return [=, x = numbers(shape, device), y = numbers(shape, device)]() mutable {
                           (*kernel)(x, y, shape.rank() - 1);
                         };
                       }});
  return cases;
}

Cases pool_cases(const Setting& setting) {
  Cases cases;
  for (const Shape& shape : activations(setting)) {
    if (shape[2] < 2) continue;
    const Shape result{shape[0], shape[1], shape[2] / 2, shape[3] / 2};
    cases.push_back({.kernel = "max_pool2d",
                     .shape = concat("2x2 ", shape.str()),
                     .bytes = bytes_of({shape, result, result, result}),  // indices are twice as wide
                     .make = [=, device = setting.device] {
                       return [x = numbers(shape, device), y = numbers(result, device),
                               index = Tensor::empty(result, DType::i64, device)]() mutable {
                         kernels::max_pool2d(
                             x, y, index,
                             {.kernel = {2, 2}, .stride = {2, 2}, .padding = {}, .dilation = {1, 1}});
                       };
                     }});
  }
  return cases;
}

Cases resample_cases(const Setting& setting) {
  Cases cases;
  for (const Shape& shape : activations(setting)) {
    const int64_t h = shape[2], w = shape[3];
    if (h < 4) continue;
    add_resample(cases, "nearest, halves to", {shape[0], shape[1], h / 2, w / 2}, nearest(h / 2, 2),
                 nearest(w / 2, 2), setting.device);
    add_resample(cases, "averages of 2x2", shape, halved(h), halved(w), setting.device);
    add_resample(cases, "blur 3x3", shape, blurred(h), blurred(w), setting.device);
    add_resample(cases, "reflection by 1", shape, reflected(h, 1), reflected(w, 1), setting.device);
    add_resample(cases, "reflection's adjoint", {shape[0], shape[1], h + 2, w + 2},
                 reflected(h, 1).transposed(), reflected(w, 1).transposed(), setting.device);
  }
  return cases;
}

Cases shape_cases(const Setting& setting) {
  Cases cases;
  const Device device = setting.device;
  for (const Shape& shape : activations(setting)) {
    const int64_t n = shape[0], c = shape[1], h = shape[2], w = shape[3];
    kernels::View channels_last;
    channels_last.stride[0] = c * h * w, channels_last.stride[1] = w, channels_last.stride[2] = 1;
    channels_last.stride[3] = h * w;
    cases.push_back({.kernel = "copy_view",
                     .shape = concat("channels last ", shape.str()),
                     .bytes = bytes_of({shape, shape}),
                     .make = [=] {
                       return [=, x = numbers(shape, device), y = numbers({n, h, w, c}, device)]() mutable {
                         kernels::copy_view(x, y, channels_last);
                       };
                     }});
    cases.push_back({.kernel = "concat",
                     .shape = concat("along channels, two of ", shape.str()),
                     .bytes = 2 * bytes_of({shape, shape}),
                     .make = [=] {
                       return
                           [xs = std::vector<Tensor>{numbers(shape, device), numbers(shape, device)},
                            y = numbers({n, 2 * c, h, w}, device)]() mutable { kernels::concat(xs, y, 1); };
                     }});
  }
  return cases;
}

}  // namespace saddle::bench
