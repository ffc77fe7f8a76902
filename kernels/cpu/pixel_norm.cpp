// Pixel norm on the CPU. A task takes a tile of neighbouring positions of a sample: row by row of its
// channels it sums, then writes while the tile is still in the second-level cache. Vectors go across
// positions; where there is one position, along the channels.
#include "kernels/pixel_norm.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/pixel_norm.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/norm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

// A tile's elements of all channels, and its positions: a stretch of memory that the prefetcher follows.
constexpr int64_t tile_elements = 32768, least_positions = 64, most_positions = 1024;
// Rows that are summed together: each sum is loaded and stored once for them.
constexpr int64_t rows_at_once = 4;

/// Makes of the sums of squares and of products what a position is written with: z = gain gy + slope x, or
/// without a gradient z = gain x.
struct PixelLine {
  Wide part, eps;

  HWY_INLINE PixelLine(double channels, double e) : part(1 / channels), eps(e) {}
  HWY_INLINE void solve(Wide& squares, Wide& products) const {
    const Wide gain = Wide(1) / sqrt(fma(squares, part, eps));
    products = Wide(0) - gain * gain * gain * products * part;
    squares = gain;
  }
};

template <class T>
struct PixelPass {
  using N = Lanes<T>;
  const T *x, *gy;  ///< gy is null forward
  T* z;
  int64_t channels, positions;
  double eps;

  template <class... Rest>
  HWY_INLINE void add(Wide& squares, Wide& products, int64_t at, Rest... rest) const {
    const Wide v = load_as<double>(x + at, rest...);
    squares = fma(v, v, squares);
    if (gy) products = fma(v, load_as<double>(gy + at, rest...), products);
  }
  template <class... Rest>
  HWY_INLINE void write(int64_t at, N gain, N slope, Rest... rest) const {
    const N v = N::load(x + at, rest...);
    (gy ? fma(N::load(gy + at, rest...), gain, v * slope) : v * gain).store(z + at, rest...);
  }

  /// n neighbouring positions, of which `first` is the element of channel 0.
  void tile(int64_t first, int64_t n) const {
    HWY_ALIGN double squares[most_positions], products[most_positions];
    HWY_ALIGN T gain[most_positions], slope[most_positions];
    std::fill_n(squares, n, 0.0);
    std::fill_n(products, n, 0.0);
    const auto for_sums = [&](auto&& f) {
      for_vectors<double>(n, [&](int64_t i, auto... rest) {
        Wide a = Wide::load(squares + i, rest...), b = Wide::load(products + i, rest...);
        f(a, b, i, rest...);
        a.store(squares + i, rest...);
        b.store(products + i, rest...);
      });
    };
    for (int64_t c = 0; c < channels; c += rows_at_once) {
      const int64_t end = std::min(c + rows_at_once, channels);
      for_sums([&](Wide& a, Wide& b, int64_t i, auto... rest) {
        for (int64_t k = c; k < end; ++k) add(a, b, first + k * positions + i, rest...);
      });
    }
    const PixelLine line(static_cast<double>(channels), eps);
    for_sums([&](Wide& a, Wide& b, int64_t, auto...) { line.solve(a, b); });
    const auto narrow = [](double v) { return static_cast<T>(v); };
    std::transform(squares, squares + n, gain, narrow);
    std::transform(products, products + n, slope, narrow);
    for (int64_t c = 0; c < channels; ++c)
      for_vectors<T>(n, [&](int64_t i, auto... rest) {
        write(first + c * positions + i, N::load(gain + i, rest...), N::load(slope + i, rest...), rest...);
      });
  }
  /// All channels of a sample of one position.
  void row(int64_t first) const {
    Wide squares, products;
    for_vectors<double>(channels,
                        [&](int64_t c, auto... rest) { add(squares, products, first + c, rest...); });
    Wide gain(sum_of_lanes(squares)), slope(sum_of_lanes(products));
    PixelLine(static_cast<double>(channels), eps).solve(gain, slope);
    const N g(hn::GetLane(gain.v)), s(hn::GetLane(slope.v));
    for_vectors<T>(channels, [&](int64_t c, auto... rest) { write(first + c, g, s, rest...); });
  }
};

void pixel_norm_lanes(const Tensor* gy, const Tensor& x, Tensor& z, double eps) {
  if (x.numel() == 0) return;
  dispatch_float("pixel_norm", x.dtype(), [&]<class T>() {
    const int64_t channels = x.size(1), sample = x.numel() / x.size(0), positions = sample / channels;
    const PixelPass<T> pass{x.data<T>(), gy ? gy->data<T>() : nullptr, z.data<T>(), channels, positions, eps};
    const int64_t wanted = tile_elements / channels / least_positions * least_positions;
    const int64_t width = std::clamp(wanted, least_positions, most_positions);
    const int64_t tiles = (positions + width - 1) / width;
    const int64_t tasks = std::max<int64_t>(1, grain / (channels * std::min(width, positions)));
    parallel_for(x.size(0) * tiles, tasks, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t at = task % tiles * width, first = task / tiles * sample + at;
        positions == 1 ? pass.row(first) : pass.tile(first, std::min(width, positions - at));
      }
    });
  });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(pixel_norm_lanes);

void pixel_norm(const Tensor& x, Tensor& y, double eps) {
  HWY_DYNAMIC_DISPATCH(pixel_norm_lanes)(nullptr, x, y, eps);
}

void pixel_norm_grad(const Tensor& gy, const Tensor& x, Tensor& gx, double eps) {
  HWY_DYNAMIC_DISPATCH(pixel_norm_lanes)(&gy, x, gx, eps);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
