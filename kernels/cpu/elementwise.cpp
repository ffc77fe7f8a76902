// Elementwise kernels on the CPU. Every loop is bound by memory; functors run a vector at a time.
#include "kernels/elementwise.h"

#include <algorithm>

#include "core/thread_pool.h"
#include "kernels/broadcast.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/elementwise.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/vec-inl.h"

#include "kernels/elementwise-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

constexpr int64_t grain = 16384;  // elements a range: well above the cost of handing it out

template <template <class> class F>
void unary(const Tensor& x, Tensor& y, Params params) {
  dispatch_float("elementwise", x.dtype(), [&]<class T>() {
    const T* px = x.data<T>();
    T* py = y.data<T>();
    parallel_for(x.numel(), grain, [&](int64_t begin, int64_t end) {
      const F<Lanes<T>> f(params);
      for_vectors<T>(end - begin, [&](int64_t i, auto... rest) {
        f(Lanes<T>::load(px + begin + i, rest...)).store(py + begin + i, rest...);
      });
    });
  });
}

/// n outputs of a row; an operand with stride 0 is the same number throughout.
template <int stride0, int stride1, class F, class T>
HWY_INLINE void binary_row(const F& f, const T* x0, const T* x1, T* y, int64_t n) {
  using N = Lanes<T>;
  const N c0 = stride0 ? N() : N(hn::Set(typename N::Tag(), *x0));
  const N c1 = stride1 ? N() : N(hn::Set(typename N::Tag(), *x1));
  for_vectors<T>(n, [&](int64_t i, auto... rest) {
    f(stride0 ? N::load(x0 + i, rest...) : c0, stride1 ? N::load(x1 + i, rest...) : c1).store(y + i, rest...);
  });
}

template <template <class> class F>
void binary(const Tensor& x0, const Tensor& x1, Tensor& y, Params params) {
  if (y.numel() == 0) return;
  const BroadcastPlan plan = plan_broadcast(x0.shape(), x1.shape(), y.shape());
  dispatch_float("elementwise", y.dtype(), [&]<class T>() {
    const T *p0 = x0.data<T>(), *p1 = x1.data<T>();
    T* py = y.data<T>();
    const int64_t inner = plan.inner();
    const auto last = static_cast<size_t>(std::max(plan.rank - 1, 0));
    const bool walk0 = plan.stride0[last] != 0, walk1 = plan.stride1[last] != 0;
    const auto row = [&](const F<Lanes<T>>& f, const T* a, const T* b, T* c, int64_t n) {
      if (walk0 && walk1)
        binary_row<1, 1>(f, a, b, c, n);
      else if (walk0)
        binary_row<1, 0>(f, a, b, c, n);
      else if (walk1)
        binary_row<0, 1>(f, a, b, c, n);
      else
        binary_row<0, 0>(f, a, b, c, n);
    };
    // Ranges of elements rather than rows, so that one long row is shared and many short ones are grouped.
    parallel_for(y.numel(), grain, [&](int64_t begin, int64_t end) {
      const F<Lanes<T>> f(params);
      for (int64_t i = begin; i < end;) {
        const int64_t r = i / inner, column = i % inner, n = std::min(end - i, inner - column);
        const auto [o0, o1] = plan.row_offsets(r);
        row(f, p0 + o0 + (walk0 ? column : 0), p1 + o1 + (walk1 ? column : 0), py + i, n);
        i += n;
      }
    });
  });
}

#define SADDLE_DEFINE(name, functor)                             \
  void name##_lanes(const Tensor& x, Tensor& y, Params params) { \
    unary<functor>(x, y, params);                                \
  }
SADDLE_UNARY_KERNELS(SADDLE_DEFINE)
#undef SADDLE_DEFINE
#define SADDLE_DEFINE(name, functor)                                                \
  void name##_lanes(const Tensor& x0, const Tensor& x1, Tensor& y, Params params) { \
    binary<functor>(x0, x1, y, params);                                             \
  }
SADDLE_BINARY_KERNELS(SADDLE_DEFINE)
#undef SADDLE_DEFINE

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

#define SADDLE_DEFINE(name, functor)                     \
  HWY_EXPORT(name##_lanes);                              \
  void name(const Tensor& x, Tensor& y, Params params) { \
    HWY_DYNAMIC_DISPATCH(name##_lanes)(x, y, params);    \
  }
SADDLE_UNARY_KERNELS(SADDLE_DEFINE)
#undef SADDLE_DEFINE
#define SADDLE_DEFINE(name, functor)                                        \
  HWY_EXPORT(name##_lanes);                                                 \
  void name(const Tensor& x0, const Tensor& x1, Tensor& y, Params params) { \
    HWY_DYNAMIC_DISPATCH(name##_lanes)(x0, x1, y, params);                  \
  }
SADDLE_BINARY_KERNELS(SADDLE_DEFINE)
#undef SADDLE_DEFINE

namespace {

constexpr int64_t grain = 16384;

template <class F>
void compare(const Tensor& x0, const Tensor& x1, Tensor& y, F f) {
  if (y.numel() == 0) return;
  const BroadcastPlan plan = plan_broadcast(x0.shape(), x1.shape(), y.shape());
  dispatch_any(x0.dtype(), [&]<class T>() {
    if constexpr (std::is_same_v<T, bf16>) {
      throw ShapeError("compare: dtype bf16 is not f32, f64, u8 or i64");
    } else {
      const T *p0 = x0.data<T>(), *p1 = x1.data<T>();
      uint8_t* py = y.data<uint8_t>();
      const int64_t inner = plan.inner();
      const auto last = static_cast<size_t>(std::max(plan.rank - 1, 0));
      parallel_for(plan.rows(), std::max<int64_t>(1, grain / inner), [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
          const auto [o0, o1] = plan.row_offsets(r);
          for (int64_t i = 0; i < inner; ++i)
            py[r * inner + i] = f(p0[o0 + i * plan.stride0[last]], p1[o1 + i * plan.stride1[last]]);
        }
      });
    }
  });
}

template <class To, class From>
To convert(From value) {
  if constexpr (std::is_same_v<From, bf16>)
    return convert<To>(static_cast<float>(value));
  else if constexpr (std::is_same_v<To, bf16>)
    return bf16(static_cast<float>(value));
  else if constexpr (std::is_floating_point_v<From> && std::is_same_v<To, uint8_t>)
    return static_cast<uint8_t>(static_cast<int64_t>(value));
  else
    return static_cast<To>(value);
}

}  // namespace

#define SADDLE_DEFINE(name, symbol)                                           \
  void name(const Tensor& x0, const Tensor& x1, Tensor& y) {                  \
    compare(x0, x1, y, [](auto a, auto b) -> uint8_t { return a symbol b; }); \
  }
SADDLE_COMPARE_KERNELS(SADDLE_DEFINE)
#undef SADDLE_DEFINE

void where(const Tensor& condition, const Tensor& x0, const Tensor& x1, Tensor& y) {
  dispatch_float("where", y.dtype(), [&]<class T>() {
    const uint8_t* pc = condition.data<uint8_t>();
    const T *p0 = x0.data<T>(), *p1 = x1.data<T>();
    T* py = y.data<T>();
    parallel_for(y.numel(), grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) py[i] = pc[i] ? p0[i] : p1[i];
    });
  });
}

void cast(const Tensor& x, Tensor& y) {
  dispatch_any(x.dtype(), [&]<class From>() {
    dispatch_any(y.dtype(), [&]<class To>() {
      const From* px = x.data<From>();
      To* py = y.data<To>();
      parallel_for(x.numel(), grain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) py[i] = convert<To>(px[i]);
      });
    });
  });
}

void fill(Tensor& y, double value) {
  dispatch_any(y.dtype(), [&]<class T>() {
    T* py = y.data<T>();
    parallel_for(y.numel(), grain,
                 [&](int64_t begin, int64_t end) { std::fill(py + begin, py + end, convert<T>(value)); });
  });
}

void increment(Tensor& y) {
  auto* py = y.data<int64_t>();
  parallel_for(y.numel(), grain, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) ++py[i];
  });
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
