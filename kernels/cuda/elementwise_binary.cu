// Elementwise kernels of two operands on a GPU: map.h and broadcast.h run them, elementwise-inl.h has the
// formulas.
#include "kernels/elementwise.h"

#include <limits>

#include "kernels/cuda/broadcast.h"
#include "kernels/cuda/scalar.h"

#include "kernels/elementwise-inl.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

template <template <class> class F>
void binary(const Tensor& x0, const Tensor& x1, Tensor& y, Params params) {
  if (y.numel() == 0) return;
  dispatch_float("elementwise", y.dtype(), [&]<class T>() { broadcast_map<T, T>(F<T>(params), x0, x1, y); });
}

/// Which of four things may be true of a pair that compares as asked; so one kernel serves all comparisons.
enum Relation : unsigned { less = 1, equal = 2, greater = 4, unordered = 8 };

template <class T>
struct Holds {
  unsigned wanted;
  __device__ __forceinline__ uint8_t operator()(T x0, T x1) const {
    const unsigned found = x0 < x1 ? less : x0 == x1 ? equal : x0 > x1 ? greater : unordered;
    return (found & wanted) != 0;
  }
};

/// The relations of which `f` holds.
template <class F>
unsigned relations(F f) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  return (f(0.0, 1.0) ? less : 0u) | (f(0.0, 0.0) ? equal : 0u) | (f(1.0, 0.0) ? greater : 0u) |
         (f(nan, nan) ? unordered : 0u);
}

void compare(const Tensor& x0, const Tensor& x1, Tensor& y, unsigned wanted) {
  if (y.numel() == 0) return;
  dispatch_any(x0.dtype(), [&]<class T>() {
    if constexpr (std::is_same_v<T, bf16>)
      throw ShapeError("compare: dtype bf16 is not f32, f64, u8 or i64");
    else
      broadcast_map<T, uint8_t>(Holds<T>{wanted}, x0, x1, y);
  });
}

}  // namespace

#define SADDLE_DEFINE(name, functor)                                        \
  void name(const Tensor& x0, const Tensor& x1, Tensor& y, Params params) { \
    binary<functor>(x0, x1, y, params);                                     \
  }
SADDLE_BINARY_KERNELS(SADDLE_DEFINE)
#undef SADDLE_DEFINE

#define SADDLE_DEFINE(name, symbol)                                                       \
  void name(const Tensor& x0, const Tensor& x1, Tensor& y) {                              \
    compare(x0, x1, y, relations([](double a, double b) -> bool { return a symbol b; })); \
  }
SADDLE_COMPARE_KERNELS(SADDLE_DEFINE)
#undef SADDLE_DEFINE

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
