// The transforms of minimal filtering along one axis; see winograd-inl.h for what they are for. Included once
// for each Highway target.
//
// F(m, r), m outputs of r taps from n = m + r - 1 products: outputs are the coefficients of a product of
// polynomials, which is formed by its values at n - 1 points and at infinity (Toom and Cook; Winograd 1980).
#if defined(SADDLE_KERNELS_CPU_WINOGRAD_FILTERS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_CPU_WINOGRAD_FILTERS_INL_H_
#undef SADDLE_KERNELS_CPU_WINOGRAD_FILTERS_INL_H_
#else
#define SADDLE_KERNELS_CPU_WINOGRAD_FILTERS_INL_H_
#endif

#include "kernels/cpu/gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// A vector with the tag D, for transforms written once for vectors of any length.
template <class D>
struct Packed {
  using T = hn::TFromD<D>;
  hn::Vec<D> v;

  static HWY_INLINE Packed load(const T* p) { return {hn::LoadU(D(), p)}; }
  HWY_INLINE void store(T* p) const { hn::StoreU(v, D(), p); }
  friend HWY_INLINE Packed operator+(Packed a, Packed b) { return {hn::Add(a.v, b.v)}; }
  friend HWY_INLINE Packed operator-(Packed a, Packed b) { return {hn::Sub(a.v, b.v)}; }
  friend HWY_INLINE Packed operator*(double c, Packed a) {
    return {hn::Mul(hn::Set(D(), static_cast<T>(c)), a.v)};
  }
  /// c a + b.
  friend HWY_INLINE Packed fma(double c, Packed a, Packed b) {
    return {hn::MulAdd(hn::Set(D(), static_cast<T>(c)), a.v, b.v)};
  }
};

/// F(outputs, taps) of six points: 0, two pairs of opposite numbers, infinity. With the pairs +-sqrt(1/2) and
/// +-sqrt(2), each the inverse of the other, coefficients grow equally to both ends; errors are half of those
/// with the usual 1 and 2, and two of the coefficients are 1.
template <int64_t outputs_, int64_t taps_>
struct Filter {
  static constexpr int64_t outputs = outputs_, taps = taps_, points = outputs + taps - 1;
  static_assert(points == 6);

  template <class N>
  static HWY_INLINE void data(const N* d, N* p) {
    const N even_a = fma(-b2, d[2], d[4]), odd_a = fma(-b2, d[1], d[3]);
    const N even_b = fma(-a2, d[2], d[4]), odd_b = fma(-a2, d[1], d[3]);
    p[0] = fma(-(a2 + b2), d[2], d[0] + d[4]);
    p[1] = fma(a, odd_a, even_a);
    p[2] = fma(-a, odd_a, even_a);
    p[3] = fma(b, odd_b, even_b);
    p[4] = fma(-b, odd_b, even_b);
    p[5] = fma(-(a2 + b2), d[3], d[1] + d[5]);
  }
  /// Values of the taps' polynomial, divided by the product of the distances to the other points.
  template <class N>
  static HWY_INLINE void weights(const N* g, N* p) {
    p[0] = g[0];
    values<N>(g, a, 1 / (2 * a2 * (a2 - b2)), p + 1);
    values<N>(g, b, 1 / (2 * b2 * (b2 - a2)), p + 3);
    p[5] = g[taps - 1];
  }
  template <class N>
  static HWY_INLINE void sums(const N* m, N* y) {
    const N even_a = m[1] + m[2], odd_a = m[1] - m[2], even_b = m[3] + m[4], odd_b = m[3] - m[4];
    y[0] = m[0] + even_a + even_b;
    y[1] = fma(b, odd_b, a * odd_a);
    y[2] = fma(b2, even_b, a2 * even_a);
    if constexpr (outputs == 4) y[3] = fma(b2 * b, odd_b, a2 * a * odd_a);
    y[outputs - 1] = y[outputs - 1] + m[5];
  }

 private:
  static constexpr double a = 0.70710678118654752, b = 1.41421356237309505, a2 = 0.5, b2 = 2;

  /// At x and -x.
  template <class N>
  static HWY_INLINE void values(const N* g, double x, double scale, N* p) {
    const N even = fma(scale * x * x, g[2], scale * g[0]);
    N odd = scale * x * g[1];
    if constexpr (taps == 4) odd = fma(scale * x * x * x, g[3], odd);
    p[0] = even + odd;
    p[1] = even - odd;
  }
};

/// F(outputs, taps) of five points: 0, a pair of opposite numbers, another number, infinity. With +-sqrt(1/2)
/// and 2, errors are two thirds of those with 1 and 2, or 1 and 1/2.
template <int64_t outputs_, int64_t taps_>
requires(outputs_ + taps_ == 6) struct Filter<outputs_, taps_> {
  static constexpr int64_t outputs = outputs_, taps = taps_, points = 5;

  template <class N>
  static HWY_INLINE void data(const N* d, N* p) {
    const N at_b = fma(-a2, d[1], d[3]), even = fma(-b, d[2], d[3]), odd = fma(-b, d[1], d[2]);
    p[0] = fma(-b, fma(-a2, d[0], d[2]), at_b);
    p[1] = fma(a, odd, even);
    p[2] = fma(-a, odd, even);
    p[3] = at_b;
    p[4] = fma(-b, at_b, fma(-a2, d[2], d[4]));
  }
  /// As above, and at 0 too.
  template <class N>
  static HWY_INLINE void weights(const N* g, N* p) {
    p[0] = (1 / (a2 * b)) * g[0];
    p[1] = value(g, a, 1 / (2 * a2 * (a - b)));
    p[2] = value(g, -a, -1 / (2 * a2 * (a + b)));
    p[3] = value(g, b, 1 / (b * (b * b - a2)));
    p[4] = g[taps - 1];
  }
  template <class N>
  static HWY_INLINE void sums(const N* m, N* y) {
    const N even = m[1] + m[2], odd = m[1] - m[2];
    y[0] = m[0] + even + m[3];
    y[1] = fma(b, m[3], a * odd);
    if constexpr (outputs == 4) {
      y[2] = fma(b * b, m[3], a2 * even);
      y[3] = fma(b * b * b, m[3], a2 * a * odd);
    }
    y[outputs - 1] = y[outputs - 1] + m[4];
  }

 private:
  static constexpr double a = 0.70710678118654752, b = 2, a2 = 0.5;

  template <class N>
  static HWY_INLINE N value(const N* g, double x, double scale) {
    N sum = scale * g[0];
    double factor = scale;
    for (int64_t i = 1; i < taps; ++i) factor *= x, sum = fma(factor, g[i], sum);
    return sum;
  }
};

/// Points 0, 1 and infinity, and signs such that all coefficients are 1 or -1.
template <>
struct Filter<2, 2> {
  static constexpr int64_t outputs = 2, taps = 2, points = 3;

  template <class N>
  static HWY_INLINE void data(const N* d, N* p) {
    p[0] = d[0] - d[1], p[1] = d[1], p[2] = d[2] - d[1];
  }
  template <class N>
  static HWY_INLINE void weights(const N* g, N* p) {
    p[0] = g[0], p[1] = g[0] + g[1], p[2] = g[1];
  }
  template <class N>
  static HWY_INLINE void sums(const N* m, N* y) {
    y[0] = m[0] + m[1], y[1] = m[1] + m[2];
  }
};

/// What panels need of a filter, for the data and for its taps: elements seen, and their values at the
/// points.
template <class F>
struct DataOf {
  static constexpr int64_t seen = F::points, points = F::points;
  template <class N>
  static HWY_INLINE void apply(const N* d, N* p) {
    F::data(d, p);
  }
};
template <class F>
struct TapsOf {
  static constexpr int64_t seen = F::taps, points = F::points;
  template <class N>
  static HWY_INLINE void apply(const N* g, N* p) {
    F::weights(g, p);
  }
};

/// Sums in both axes of one row of the points' tiles: y[outputs u + v][column].
template <class T, class F>
HWY_INLINE void outputs_of_points(const T* HWY_RESTRICT tiles, T* HWY_RESTRICT y) {
  using Size = TileSize<T>;
  using N = Packed<hn::ScalableTag<T>>;
  for (int64_t j = 0; j < Size::columns; j += Size::vector) {
    N half[F::outputs][F::points];
    for (int64_t r = 0; r < F::points; ++r) {
      N m[F::points], sums[F::outputs];
      for (int64_t q = 0; q < F::points; ++q)
        m[q] = N::load(tiles + (r * F::points + q) * Size::elements + j);
      F::sums(m, sums);
      for (int64_t v = 0; v < F::outputs; ++v) half[v][r] = sums[v];
    }
    for (int64_t v = 0; v < F::outputs; ++v) {
      N sums[F::outputs];
      F::sums(half[v], sums);
      for (int64_t u = 0; u < F::outputs; ++u) sums[u].store(y + (u * F::outputs + v) * Size::columns + j);
    }
  }
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggled guard
