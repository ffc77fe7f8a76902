// Lanes<T>: a Highway vector of T that reads like a number, for formulas written once for all devices, and
// the helpers that walk memory with it. Included once for each Highway target.
#if defined(SADDLE_KERNELS_CPU_VEC_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_CPU_VEC_INL_H_
#undef SADDLE_KERNELS_CPU_VEC_INL_H_
#else
#define SADDLE_KERNELS_CPU_VEC_INL_H_
#endif

#include <cmath>
#include <limits>
#include <type_traits>

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

#ifndef SADDLE_FUNCTION
#define SADDLE_SIMD_NAMESPACE cpu::HWY_NAMESPACE
#define SADDLE_FUNCTION HWY_INLINE
#endif

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class T>
struct Lanes {
  using Tag = hn::ScalableTag<T>;
  using Vector = hn::Vec<Tag>;
  Vector v;

  HWY_INLINE Lanes() : v(hn::Zero(Tag())) {}
  HWY_INLINE Lanes(Vector vector) : v(vector) {}
  HWY_INLINE explicit Lanes(double value) : v(hn::Set(Tag(), static_cast<T>(value))) {}
  HWY_INLINE explicit Lanes(int value) : v(hn::Set(Tag(), static_cast<T>(value))) {}

  static HWY_INLINE Lanes load(const T* p) { return hn::LoadU(Tag(), p); }
  HWY_INLINE void store(T* p) const { hn::StoreU(v, Tag(), p); }
  /// The first `count` lanes from p, the others 0. 0 <= count <= lanes.
  static HWY_INLINE Lanes load(const T* p, size_t count) {
    return hn::MaskedLoad(hn::FirstN(Tag(), count), Tag(), p);
  }
  HWY_INLINE void store(T* p, size_t count) const { hn::BlendedStore(v, hn::FirstN(Tag(), count), Tag(), p); }
};

/// Elements of T in a vector of this target.
template <class T>
HWY_INLINE int64_t lanes() {
  return static_cast<int64_t>(hn::Lanes(hn::ScalableTag<T>()));
}

/// A vector of To from lanes<To>() elements of From, or from the first `count` with the others 0: f32 widened
/// to f64, or a dtype as it is.
template <class To, class From>
HWY_INLINE Lanes<To> load_as(const From* p) {
  if constexpr (std::is_same_v<To, From>)
    return Lanes<To>::load(p);
  else
    return hn::PromoteTo(hn::ScalableTag<To>(), hn::LoadU(hn::Rebind<From, hn::ScalableTag<To>>(), p));
}
template <class To, class From>
HWY_INLINE Lanes<To> load_as(const From* p, size_t count) {
  const hn::Rebind<From, hn::ScalableTag<To>> from;
  if constexpr (std::is_same_v<To, From>)
    return Lanes<To>::load(p, count);
  else
    return hn::PromoteTo(hn::ScalableTag<To>(), hn::MaskedLoad(hn::FirstN(from, count), from, p));
}

template <class T>
struct LaneMask {
  hn::Mask<hn::ScalableTag<T>> m;
};

// clang-format off
template <class T> HWY_INLINE Lanes<T> operator+(Lanes<T> a, Lanes<T> b) { return hn::Add(a.v, b.v); }
template <class T> HWY_INLINE Lanes<T> operator-(Lanes<T> a, Lanes<T> b) { return hn::Sub(a.v, b.v); }
template <class T> HWY_INLINE Lanes<T> operator*(Lanes<T> a, Lanes<T> b) { return hn::Mul(a.v, b.v); }
template <class T> HWY_INLINE Lanes<T> operator/(Lanes<T> a, Lanes<T> b) { return hn::Div(a.v, b.v); }
template <class T> HWY_INLINE LaneMask<T> operator>(Lanes<T> a, Lanes<T> b) { return {hn::Gt(a.v, b.v)}; }
template <class T> HWY_INLINE LaneMask<T> operator<(Lanes<T> a, Lanes<T> b) { return {hn::Lt(a.v, b.v)}; }
template <class T> HWY_INLINE LaneMask<T> operator>=(Lanes<T> a, Lanes<T> b) { return {hn::Ge(a.v, b.v)}; }
template <class T> HWY_INLINE LaneMask<T> operator<=(Lanes<T> a, Lanes<T> b) { return {hn::Le(a.v, b.v)}; }
template <class T> HWY_INLINE LaneMask<T> operator==(Lanes<T> a, Lanes<T> b) { return {hn::Eq(a.v, b.v)}; }
template <class T> HWY_INLINE Lanes<T> select(LaneMask<T> m, Lanes<T> yes, Lanes<T> no) { return hn::IfThenElse(m.m, yes.v, no.v); }
/// a b + c in one rounding where the machine can.
template <class T> HWY_INLINE Lanes<T> fma(Lanes<T> a, Lanes<T> b, Lanes<T> c) { return hn::MulAdd(a.v, b.v, c.v); }
template <class T> HWY_INLINE Lanes<T> abs(Lanes<T> x) { return hn::Abs(x.v); }
template <class T> HWY_INLINE Lanes<T> sqrt(Lanes<T> x) { return hn::Sqrt(x.v); }
// clang-format on

/// NaN in either operand gives NaN, as users of NumPy and PyTorch expect; the bare instruction drops one.
template <class T>
HWY_INLINE Lanes<T> max(Lanes<T> a, Lanes<T> b) {
  return select(a == a, select(b == b, Lanes<T>(hn::Max(a.v, b.v)), b), a);
}
template <class T>
HWY_INLINE Lanes<T> min(Lanes<T> a, Lanes<T> b) {
  return select(a == a, select(b == b, Lanes<T>(hn::Min(a.v, b.v)), b), a);
}

/// f(i) for each whole vector of n elements, then f(i, count) for the rest.
template <class T, class F>
HWY_INLINE void for_vectors(int64_t n, F&& f) {
  int64_t i = 0;
  for (; i + lanes<T>() <= n; i += lanes<T>()) f(i);
  if (i < n) f(i, static_cast<size_t>(n - i));
}

/// Sum of all lanes.
template <class T>
HWY_INLINE T sum_of_lanes(Lanes<T> x) {
  return hn::GetLane(hn::SumOfLanes(typename Lanes<T>::Tag(), x.v));
}
template <class T>
HWY_INLINE T max_of_lanes(Lanes<T> x) {
  return hn::GetLane(hn::MaxOfLanes(typename Lanes<T>::Tag(), x.v));
}
template <class T>
HWY_INLINE T min_of_lanes(Lanes<T> x) {
  return hn::GetLane(hn::MinOfLanes(typename Lanes<T>::Tag(), x.v));
}

/// Highway's polynomials hold on the range where the result is finite and normal; outside it these give the
/// limits, and NaN for NaN.
template <class T>
HWY_INLINE Lanes<T> exp(Lanes<T> x) {
  using N = Lanes<T>;
  constexpr double high = sizeof(T) == 4 ? 88.7 : 709.7, low = sizeof(T) == 4 ? -103.0 : -745.0;
  const N inside = hn::Min(hn::Max(x.v, N(low).v), N(high).v);
  const N y = hn::CallExp(typename N::Tag(), inside.v);
  const N limited =
      select(x > N(high), N(std::numeric_limits<double>::infinity()), select(x < N(low), N(0), y));
  return select(x == x, limited, x);
}
template <class T>
HWY_INLINE Lanes<T> log(Lanes<T> x) {
  using N = Lanes<T>;
  const N inf(std::numeric_limits<double>::infinity()), nan(std::numeric_limits<double>::quiet_NaN());
  const N y = select(x < inf, N(hn::CallLog(typename N::Tag(), x.v)), inf);
  return select(x > N(0), y, select(x == N(0), N(0) - inf, nan));
}
/// ln(1 + x) for 0 <= x < inf.
template <class T>
HWY_INLINE Lanes<T> log1p(Lanes<T> x) {
  return hn::CallLog1p(typename Lanes<T>::Tag(), x.v);
}
template <class T>
HWY_INLINE Lanes<T> tanh(Lanes<T> x) {
  using N = Lanes<T>;
  const N bounded = hn::Min(hn::Max(x.v, N(-30).v), N(30).v);
  return select(x == x, N(hn::CallTanh(typename N::Tag(), bounded.v)), x);
}
/// std::pow lane by lane: exact cases (negative base, integer exponent, zeros) matter more than speed here.
template <class T>
HWY_INLINE Lanes<T> pow(Lanes<T> x, Lanes<T> exponent) {
  HWY_ALIGN T xs[hn::MaxLanes(typename Lanes<T>::Tag())], es[hn::MaxLanes(typename Lanes<T>::Tag())];
  x.store(xs);
  exponent.store(es);
  for (int64_t i = 0; i < lanes<T>(); ++i) xs[i] = std::pow(xs[i], es[i]);
  return Lanes<T>::load(xs);
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggled guard
