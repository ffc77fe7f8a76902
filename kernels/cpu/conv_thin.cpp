#include "kernels/cpu/conv_thin.h"

#include <algorithm>

#include "core/thread_pool.h"

namespace saddle::kernels::cpu {
namespace {

/// The options of the convolution with a single column of taps.
Conv2dOptions column_options(const Conv2dOptions& options) {
  return {.stride = {options.stride[0], 1},
          .padding = {options.padding[0], 0},
          .dilation = {options.dilation[0], 1}};
}

/// The same as one long row, whose pixels are gathered in whole vectors whatever the width, where there is no
/// stride: a step down an image of `width` columns is one of `width` to the right. (That row's layer may be
/// thin again.)
struct LongRow {
  bool possible;
  Conv2dOptions options;

  LongRow(const Conv2dOptions& column, int64_t width) : possible(column.stride[0] == 1), options(column) {
    if (!possible) return;
    options.padding = {0, column.padding[0] * width};
    options.dilation = {1, column.dilation[0] * width};
  }
  Tensor operator()(const Tensor& t) const {
    const Shape& s = t.shape();
    return possible ? t.reshape({s[0], s[1], 1, s[2] * s[3]}) : t;
  }
};

/// Calls f(i) for each row of pixels of all planes.
template <class F>
void for_each_row(int64_t rows, int64_t elements_a_row, F&& f) {
  constexpr int64_t grain = 16384;  // elements a range
  parallel_for(rows, 1 + grain / (elements_a_row + 1), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) f(i);
  });
}

struct Taps {
  int64_t rows, columns;
};
/// x[outer, inner, u, v] -> y[outer, v, inner, u].
template <class T>
void taps_to_channels(const T* x, int64_t outer, int64_t inner, Taps taps, T* y) {
  const auto [kh, kw] = taps;
  for (int64_t a = 0; a < outer; ++a)
    for (int64_t b = 0; b < inner; ++b, x += kh * kw)
      for (int64_t u = 0; u < kh; ++u)
        for (int64_t v = 0; v < kw; ++v) y[((a * kw + v) * inner + b) * kh + u] = x[u * kw + v];
}

/// Positions j of a row of `width` for which j + offset is one of a row of `other`.
struct Overlap {
  int64_t begin, end;
  Overlap(int64_t width, int64_t other, int64_t offset)
      : begin(std::clamp<int64_t>(-offset, 0, width)), end(std::clamp(other - offset, begin, width)) {}
};

/// to[plane, i, j] = sum over v of from[(plane, v), i, j + first + v step], for rows of both.
template <class T>
void add_shifted(const Tensor& from, Tensor& to, int64_t taps, int64_t first, int64_t step) {
  const int64_t rows = to.shape()[2], width = to.shape()[3], other = from.shape()[3];
  const T* source = from.data<T>();
  T* out = to.data<T>();
  for_each_row(to.shape()[0] * to.shape()[1] * rows, taps * other, [&](int64_t index) {
    const int64_t plane = index / rows, row = index % rows;
    T* y = out + index * width;
    std::fill(y, y + width, T(0));
    for (int64_t v = 0; v < taps; ++v) {
      const int64_t offset = first + v * step;
      const T* z = source + ((plane * taps + v) * rows + row) * other + offset;
      const Overlap inside(width, other, offset);
      for (int64_t j = inside.begin; j < inside.end; ++j) y[j] += z[j];
    }
  });
}

}  // namespace

bool output_is_thin(const ConvGeometry& g) {
  constexpr int64_t most = 6, least_pixels = 64;
  return g.groups == 1 && g.stride[1] == 1 && g.kernel[1] >= 3 && g.out <= most &&
         g.out * g.kernel[1] <= g.in && g.images * g.output_pixels() >= least_pixels;
}

void conv2d_thin(const Tensor& x, const Tensor& w, Tensor& y, const Conv2dOptions& options) {
  dispatch_float("conv2d", y.dtype(), [&]<class T>() {
    const Shape &xs = x.shape(), &ws = w.shape(), &ys = y.shape();
    const int64_t kw = ws[3];
    Tensor taps = Tensor::empty({ws[0] * kw, ws[1], ws[2], 1}, w.dtype());
    taps_to_channels(w.data<T>(), ws[0], ws[1], {ws[2], kw}, taps.data<T>());
    Tensor z = Tensor::empty({ys[0], ys[1] * kw, ys[2], xs[3]}, y.dtype());
    const LongRow row(column_options(options), xs[3]);
    Tensor z_row = row(z);
    conv2d(row(x), row(taps), z_row, row.options);
    add_shifted<T>(z, y, kw, -options.padding[1], options.dilation[1]);
  });
}

}  // namespace saddle::kernels::cpu
