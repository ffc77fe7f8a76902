// Normalisation on the CPU, forward. A task sums, then writes while what it summed is still in the cache. How
// work is cut and what a pass does with each element is in norm-inl.h.
#include "kernels/norm.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/norm.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/norm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

template <class T>
void norm_over_batch(const T* x, const T* weight, const T* bias, T* y, double* mean, double* var,
                     const NormLayout& layout) {
  Tile::for_each(layout, [&](const Tile& tile) {
    double pivot[tile_channels];
    Pair<double> sums[tile_channels];
    Line lines[tile_channels];
    for (int64_t c = 0; c < tile.count; ++c) pivot[c] = static_cast<double>(x[tile.offset(0, c)]);
    tile.add(Terms<T>{x, nullptr}, pivot, sums);
    for (int64_t c = 0; c < tile.count; ++c) {
      const int64_t k = tile.first + c;
      const Moments m(sums[c], pivot[c], static_cast<double>(layout.count()));
      mean[k] = m.mean;
      var[k] = m.var;
      lines[c] = Line::through<T>(m.mean, 0, (weight ? weight[k] : 1) / std::sqrt(m.var + layout.eps),
                                  bias ? bias[k] : 0);
    }
    tile.write(Writer<T>{x, nullptr, y}, lines);
  });
}

template <class T>
void norm_each(const T* x, const T* weight, const T* bias, T* y, double* mean, double* var,
               const NormLayout& layout) {
  using N = Lanes<T>;
  const int64_t count = layout.count(), channels = layout.group_channels(), positions = layout.positions;
  for_each_group(layout, [&](int64_t sample, int64_t group) {
    const int64_t k = sample * layout.groups + group, at = k * count;
    const auto pivot = static_cast<double>(x[at]);
    const Moments m(across_lanes(Terms<T>{x, nullptr}.add_run({}, at, count, pivot)), pivot,
                    static_cast<double>(count));
    mean[k] = m.mean;
    var[k] = m.var;
    const double r = 1 / std::sqrt(m.var + layout.eps);
    const Writer<T> writer{x, nullptr, y};
    const T *w = weight ? weight + group * channels : nullptr, *b = bias ? bias + group * channels : nullptr;
    if (!w && !b) {
      writer.write_run(at, count, Line::through<T>(m.mean, 0, r, 0));
    } else if (positions > 1) {
      for (int64_t c = 0; c < channels; ++c)
        writer.write_run(at + c * positions, positions,
                         Line::through<T>(m.mean, 0, (w ? w[c] : 1) * r, b ? b[c] : 0));
    } else {
      const Line l = Line::through<T>(m.mean, 0, r, 0);
      const N centre(l.centre), slope(l.slope), shift(l.shift), one(1);
      for_vectors<T>(channels, [&](int64_t c, auto... rest) {
        const N xhat = fma(N::load(x + at + c, rest...) - centre, slope, shift);
        fma(xhat, w ? N::load(w + c, rest...) : one, b ? N::load(b + c, rest...) : N())
            .store(y + at + c, rest...);
      });
    }
  });
}

void norm_lanes(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor& y, Tensor& mean,
                Tensor& var, const NormLayout& layout) {
  dispatch_float("norm", x.dtype(), [&]<class T>() {
    const auto run = layout.over_batch ? norm_over_batch<T> : norm_each<T>;
    run(x.data<T>(), data_or_null<T>(weight), data_or_null<T>(bias), y.data<T>(), mean.data<double>(),
        var.data<double>(), layout);
  });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(norm_lanes);

void norm(const Tensor& x, const Tensor& weight, const Tensor& bias, Tensor& y, Tensor& mean, Tensor& var,
          NormLayout layout) {
  HWY_DYNAMIC_DISPATCH(norm_lanes)(x, weight, bias, y, mean, var, layout);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
