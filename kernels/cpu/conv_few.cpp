#include "kernels/cpu/conv_few.h"

#include <algorithm>

#include "core/thread_pool.h"
#include "kernels/matmul.h"

namespace saddle::kernels::cpu {
namespace {

constexpr int64_t grain = 16384;  // elements a range

/// Taps [begin, end) of one axis that see the image from output position `i`, and where the first would read.
struct Seen {
  int64_t begin, end, start, step;
  Seen(const ConvGeometry& g, size_t axis, int64_t i)
      : start(i * g.stride[axis] - g.padding[axis]), step(g.dilation[axis]) {
    const auto taps_before = [&](int64_t position) {
      return std::clamp<int64_t>((position - start + step - 1) / step, 0, g.kernel[axis]);
    };
    begin = start < 0 ? taps_before(0) : 0;
    end = std::max(begin, taps_before(std::max(start, g.image[axis])));
  }
  int64_t at(int64_t tap) const { return start + tap * step; }
};

/// Calls f(tap, position, count) for the runs of a patch that lie inside the image: `count` elements from
/// `tap` of the kernel and from `position` of the image, both dense if the dilation is 1, else single.
template <class F>
void for_each_run(const ConvGeometry& g, const Seen& rows, const Seen& columns, F&& f) {
  for (int64_t u = rows.begin; u < rows.end; ++u) {
    const int64_t tap = u * g.kernel[1], line = rows.at(u) * g.image[1];
    if (columns.step == 1)
      f(tap + columns.begin, line + columns.at(columns.begin), columns.end - columns.begin);
    else
      for (int64_t v = columns.begin; v < columns.end; ++v) f(tap + v, line + columns.at(v), int64_t{1});
  }
}

/// patch[pixel, k] of all images.
template <class T>
Tensor patches_of(const Tensor& x, const ConvGeometry& g) {
  const int64_t pixels = g.output_pixels(), columns = g.in * g.taps();
  Tensor patches = Tensor::empty({g.images * pixels, columns}, x.dtype());
  parallel_for(g.images * pixels, 1 + grain / columns, [&](int64_t begin, int64_t end) {
    for (int64_t pixel = begin; pixel < end; ++pixel) {
      const Seen row(g, 0, pixel % pixels / g.output[1]), column(g, 1, pixel % g.output[1]);
      const T* from = x.data<T>() + pixel / pixels * g.in * g.image_pixels();
      T* to = patches.data<T>() + pixel * columns;
      std::fill_n(to, columns, T(0));
      for (int64_t c = 0; c < g.in; ++c, from += g.image_pixels(), to += g.taps())
        for_each_run(g, row, column, [&](int64_t tap, int64_t position, int64_t count) {
          std::copy_n(from + position, count, to + tap);
        });
    }
  });
  return patches;
}

/// Adds the patches to where they were read: gx of the planes (image, channel) in [begin, end).
template <class T>
void add_patches(const T* patches, T* gx, const ConvGeometry& g, int64_t begin, int64_t end) {
  for (int64_t plane = begin; plane < end; ++plane) {
    T* to = gx + plane * g.image_pixels();
    std::fill_n(to, g.image_pixels(), T(0));
    const T* from = patches + (plane / g.in * g.output_pixels() * g.in + plane % g.in) * g.taps();
    for (int64_t i = 0; i < g.output[0]; ++i)
      for (int64_t j = 0; j < g.output[1]; ++j, from += g.in * g.taps())
        for_each_run(g, Seen(g, 0, i), Seen(g, 1, j), [&](int64_t tap, int64_t position, int64_t count) {
          for (int64_t e = 0; e < count; ++e) to[position + e] += from[tap + e];
        });
  }
}

/// t[n, o, pixel] as rows of pixels, [(n, pixel), o].
template <class T>
Tensor pixels_first(const Tensor& t, const ConvGeometry& g) {
  Tensor rows = Tensor::empty({g.images * g.output_pixels(), g.out}, t.dtype());
  const T* from = t.data<T>();
  for (int64_t n = 0; n < g.images; ++n)
    for (int64_t o = 0; o < g.out; ++o)
      for (int64_t p = 0; p < g.output_pixels(); ++p)
        rows.data<T>()[(n * g.output_pixels() + p) * g.out + o] = *from++;
  return rows;
}

}  // namespace

bool pixels_are_few(const ConvGeometry& g) {
  constexpr int64_t most_pixels = 64, least_weights = 8;  // beside the pixels
  const int64_t pixels = g.images * g.output_pixels();
  return g.groups == 1 && g.taps() > 1 && pixels <= most_pixels && least_weights * pixels <= g.out;
}

void conv2d_few(const Tensor& x, const Tensor& w, Tensor& y, const ConvGeometry& g) {
  dispatch_float("conv2d", y.dtype(), [&]<class T>() {
    const int64_t pixels = g.output_pixels();
    Tensor rows = Tensor::empty({g.images * pixels, g.out}, y.dtype());
    matmul(patches_of<T>(x, g), w.reshape({g.out, g.in * g.taps()}), rows, {.trans_b = true});
    T* to = y.data<T>();
    for (int64_t n = 0; n < g.images; ++n)
      for (int64_t o = 0; o < g.out; ++o)
        for (int64_t p = 0; p < pixels; ++p) *to++ = rows.data<T>()[(n * pixels + p) * g.out + o];
  });
}

void conv2d_input_grad_few(const Tensor& gy, const Tensor& w, Tensor& gx, const ConvGeometry& g) {
  dispatch_float("conv2d_input_grad", gx.dtype(), [&]<class T>() {
    const int64_t pixels = g.images * g.output_pixels(), columns = g.in * g.taps();
    Tensor patches = Tensor::empty({pixels, columns}, gx.dtype());
    matmul(pixels_first<T>(gy, g), w.reshape({g.out, columns}), patches, {});
    parallel_for(
        g.images * g.in, 1 + grain / (g.output_pixels() * g.taps()),
        [&](int64_t begin, int64_t end) { add_patches(patches.data<T>(), gx.data<T>(), g, begin, end); });
  });
}

void conv2d_weight_grad_few(const Tensor& x, const Tensor& gy, Tensor& gw, const ConvGeometry& g) {
  dispatch_float("conv2d_weight_grad", gw.dtype(), [&]<class T>() {
    Tensor gw_matrix = gw.reshape({g.out, g.in * g.taps()});
    matmul(pixels_first<T>(gy, g), patches_of<T>(x, g), gw_matrix, {.trans_a = true});
  });
}

}  // namespace saddle::kernels::cpu
