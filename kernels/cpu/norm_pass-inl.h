// What normalisation on the CPU does with each element, forward and backward alike, in a pass that sums and
// one that writes. Sums are f64, of differences from a pivot near the mean, so that one pass is enough.
#if defined(SADDLE_KERNELS_CPU_NORM_PASS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_CPU_NORM_PASS_INL_H_
#undef SADDLE_KERNELS_CPU_NORM_PASS_INL_H_
#else
#define SADDLE_KERNELS_CPU_NORM_PASS_INL_H_
#endif

#include <type_traits>

#include "kernels/cpu/vec-inl.h"
#include "kernels/norm.h"

#include "kernels/activation-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

using Wide = Lanes<double>;

/// Two sums: of differences and their squares, or of gradients and their products with differences.
template <class V>
struct Pair {
  V a, b;

  HWY_INLINE Pair() : a(), b() {}
  HWY_INLINE Pair(V first, V second) : a(first), b(second) {}
};

HWY_INLINE void add_product(Pair<Wide>& sums, Wide g, Wide d) {
  sums.a = sums.a + g;
  sums.b = fma(g, d, sums.b);
}
HWY_INLINE Pair<double> across_lanes(const Pair<Wide>& sums) {
  return {sum_of_lanes(sums.a), sum_of_lanes(sums.b)};
}

/// x - centre, 0 in lanes past the end.
template <class T>
HWY_INLINE Wide difference(const T* x, Wide centre) {
  return load_as<double>(x) - centre;
}
template <class T>
HWY_INLINE Wide difference(const T* x, Wide centre, size_t count) {
  return hn::IfThenElseZero(hn::FirstN(Wide::Tag(), count), (load_as<double>(x, count) - centre).v);
}

struct Moments {
  double mean, var;

  Moments(Pair<double> sums, double pivot, double count) {
    const double shift = sums.a / count;
    mean = pivot + shift;
    var = sums.b / count - shift * shift;
    if (var < 0) var = 0;  // rounding; NaN stays
  }
};

/// What a channel's elements are written with: z = gain gy + slope (x - centre) + shift.
struct Line {
  double gain = 0, centre = 0, slope = 0, shift = 0;

  /// z = a gy + b (x - mean) + c, with the mean split into what T can hold and a rest, so that nothing is
  /// lost where it is far above the deviation.
  template <class T>
  static Line through(double mean, double a, double b, double c) {
    const double centre = static_cast<double>(static_cast<T>(mean));
    return {a, centre, b, c - b * (mean - centre)};
  }
  /// y before an activation, where r = 1 / sqrt(var + eps).
  template <class T>
  static Line normalised(double mean, double r, double weight, double bias) {
    return through<T>(mean, 0, weight * r, bias);
  }
};

/// Lanes of D from p; those past `count` are 0.
template <class D, class T>
HWY_INLINE hn::Vec<D> load_lanes(D d, const T* p) {
  return hn::LoadU(d, p);
}
template <class D, class T>
HWY_INLINE hn::Vec<D> load_lanes(D d, const T* p, size_t count) {
  return hn::MaskedLoad(hn::FirstN(d, count), d, p);
}

// What an activation was given, from x, by the operations of the forward pass: along a run with one line; of
// columns with a line each, j being the first of them; of a row, whose elements have weights and biases.
template <class T>
struct OfRun {
  T centre = 0, slope = 0, shift = 0;

  OfRun() = default;
  explicit OfRun(const Line& l)
      : centre(static_cast<T>(l.centre)), slope(static_cast<T>(l.slope)), shift(static_cast<T>(l.shift)) {}
  template <class D, class... Rest>
  HWY_INLINE hn::Vec<D> operator()(D d, hn::Vec<D> x, int64_t, Rest...) const {
    return hn::MulAdd(hn::Sub(x, hn::Set(d, centre)), hn::Set(d, slope), hn::Set(d, shift));
  }
};
template <class T>
struct OfColumns {
  const T *centre, *slope, *shift;

  template <class D, class... Rest>
  HWY_INLINE hn::Vec<D> operator()(D d, hn::Vec<D> x, int64_t j, Rest... rest) const {
    return hn::MulAdd(hn::Sub(x, load_lanes(d, centre + j, rest...)), load_lanes(d, slope + j, rest...),
                      load_lanes(d, shift + j, rest...));
  }
};
template <class T, class Xhat>
struct OfRow {
  Xhat xhat;
  const T *weight, *bias;  // null: 1, 0

  template <class D, class... Rest>
  HWY_INLINE hn::Vec<D> operator()(D d, hn::Vec<D> x, int64_t j, Rest... rest) const {
    return hn::MulAdd(xhat(d, x, j, rest...),
                      weight ? load_lanes(d, weight + j, rest...) : hn::Set(d, static_cast<T>(1)),
                      bias ? load_lanes(d, bias + j, rest...) : hn::Zero(d));
  }
};

/// The gradients that a pass reads: lanes of D at an offset, which is place j of what `Before` knows.
template <class T>
struct Straight {
  const T* gy;

  template <class D, class... Rest>
  HWY_INLINE hn::Vec<D> operator()(D d, int64_t at, int64_t, Rest... rest) const {
    return load_lanes(d, gy + at, rest...);
  }
};
/// The same, through an activation that scales by `slope` what is not above 0.
template <class T, class Before>
struct Rectified {
  const T *gy, *x;
  T slope;
  Before before;

  template <class D, class... Rest>
  HWY_INLINE hn::Vec<D> operator()(D d, int64_t at, int64_t j, Rest... rest) const {
    const auto g = load_lanes(d, gy + at, rest...);
    const auto given = before(d, load_lanes(d, x + at, rest...), j, rest...);
    return hn::IfThenElse(hn::Gt(given, hn::Zero(d)), g, hn::Mul(hn::Set(d, slope), g));
  }
};

/// What the sums of a pass are of: differences from a centre and their squares, or gradients G and their
/// products with differences.
struct Squares {};

template <class T, class G>
struct Terms {
  const T* x;
  G gradient;

  template <class... Rest>
  HWY_INLINE void add(Pair<Wide>& sums, int64_t at, int64_t j, Wide centre, Rest... rest) const {
    const Wide d = difference(x + at, centre, rest...);
    if constexpr (std::is_same_v<G, Squares>)
      add_product(sums, d, d);
    else
      add_product(sums, gradient_at(at, j, rest...), d);
  }
  template <class... Rest>
  HWY_INLINE Wide gradient_at(int64_t at, int64_t j, Rest... rest) const {
    if constexpr (std::is_same_v<T, double>)
      return gradient(Wide::Tag(), at, j, rest...);
    else
      return hn::PromoteTo(Wide::Tag(), gradient(hn::Rebind<T, Wide::Tag>(), at, j, rest...));
  }
  /// `sums` and those of n neighbours.
  HWY_INLINE Pair<Wide> add_run(Pair<Wide> sums, int64_t at, int64_t n, double centre) const {
    const Wide c(centre);
    const int64_t step = lanes<double>();
    Pair<Wide> other;  // a second chain hides the latency of an addition
    int64_t i = 0;
    for (; i + 2 * step <= n; i += 2 * step) {
      add(sums, at + i, i, c);
      add(other, at + i + step, i + step, c);
    }
    sums = {sums.a + other.a, sums.b + other.b};
    for_vectors<double>(n - i, [&](int64_t j, auto... rest) { add(sums, at + i + j, i + j, c, rest...); });
    return sums;
  }
};

/// Where the pass that writes reads and writes: y forward, or gx from gradients G.
template <class T, class A>
struct ForwardWriter {
  using N = Lanes<T>;
  const T* x;
  T* y;
  A activation;

  template <class... Rest>
  HWY_INLINE void write(int64_t at, int64_t, N, N centre, N slope, N shift, Rest... rest) const {
    activation(fma(N::load(x + at, rest...) - centre, slope, shift)).store(y + at, rest...);
  }
};
template <class T, class G>
struct BackwardWriter {
  using N = Lanes<T>;
  const T* x;
  G gradient;
  T* gx;

  template <class... Rest>
  HWY_INLINE void write(int64_t at, int64_t j, N gain, N centre, N slope, N shift, Rest... rest) const {
    const N line = fma(N::load(x + at, rest...) - centre, slope, shift);
    fma(N(gradient(typename N::Tag(), at, j, rest...)), gain, line).store(gx + at, rest...);
  }
};

template <class T, class W>
HWY_INLINE void write_run(const W& writer, int64_t at, int64_t n, const Line& l) {
  using N = Lanes<T>;
  const N gain(l.gain), centre(l.centre), slope(l.slope), shift(l.shift);
  for_vectors<T>(
      n, [&](int64_t i, auto... rest) { writer.write(at + i, i, gain, centre, slope, shift, rest...); });
}

/// A direction of normalisation: what its two passes do where an activation was given what `before` tells.
template <class T, class A>
struct Forward {
  using Element = T;
  const T* x;
  T* y;
  A activation;

  template <class Before>
  HWY_INLINE auto terms(const Before&) const {
    return Terms<T, Squares>{x, {}};
  }
  template <class Before>
  HWY_INLINE auto writer(const Before&) const {
    return ForwardWriter<T, A>{x, y, activation};
  }
};
template <class T, bool rectified>
struct Backward {
  using Element = T;
  static constexpr bool reads_given = rectified;
  const T *x, *gy;
  T *gx, slope;

  template <class Before>
  HWY_INLINE auto gradient(const Before& before) const {
    if constexpr (rectified)
      return Rectified<T, Before>{gy, x, slope, before};
    else
      return Straight<T>{gy};
  }
  template <class Before>
  HWY_INLINE auto terms(const Before& before) const {
    using G = decltype(gradient(before));
    return Terms<T, G>{x, gradient(before)};
  }
  template <class Before>
  HWY_INLINE auto writer(const Before& before) const {
    using G = decltype(gradient(before));
    return BackwardWriter<T, G>{x, gradient(before), gx};
  }
};

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggled guard
