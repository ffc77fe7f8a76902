// Elementwise kernels of one shape on a GPU: map.h runs them, elementwise-inl.h has the formulas.
#include "kernels/elementwise.h"

#include "kernels/cuda/convert.h"
#include "kernels/cuda/map.h"
#include "kernels/cuda/scalar.h"

#include "kernels/elementwise-inl.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

template <template <class> class F>
void unary(const Tensor& x, Tensor& y, Params params) {
  if (y.numel() == 0) return;
  dispatch_float("elementwise", x.dtype(), [&]<class T>() {
    map(y.device(), F<T>(params), y.numel(), y.data<T>(), Dense<T>{x.data<T>()});
  });
}

template <class To, class From>
struct Convert {
  __device__ __forceinline__ To operator()(From x) const { return convert<To>(x); }
};

template <class T>
struct Choose {
  __device__ __forceinline__ T operator()(uint8_t condition, T x0, T x1) const { return condition ? x0 : x1; }
};

template <class T>
struct Value {
  double value;
  __device__ __forceinline__ T operator()() const { return convert<T>(value); }
};

struct Next {
  __device__ __forceinline__ int64_t operator()(int64_t x) const { return x + 1; }
};

}  // namespace

#define SADDLE_DEFINE(name, functor)                     \
  void name(const Tensor& x, Tensor& y, Params params) { \
    unary<functor>(x, y, params);                        \
  }
SADDLE_UNARY_KERNELS(SADDLE_DEFINE)
#undef SADDLE_DEFINE

void where(const Tensor& condition, const Tensor& x0, const Tensor& x1, Tensor& y) {
  if (y.numel() == 0) return;
  dispatch_float("where", y.dtype(), [&]<class T>() {
    map(y.device(), Choose<T>{}, y.numel(), y.data<T>(), Dense<uint8_t>{condition.data<uint8_t>()},
        Dense<T>{x0.data<T>()}, Dense<T>{x1.data<T>()});
  });
}

void cast(const Tensor& x, Tensor& y) {
  if (y.numel() == 0) return;
  dispatch_any(x.dtype(), [&]<class From>() {
    dispatch_any(y.dtype(), [&]<class To>() {
      map(y.device(), Convert<To, From>{}, y.numel(), y.data<To>(), Dense<From>{x.data<From>()});
    });
  });
}

void fill(Tensor& y, double value) {
  if (y.numel() == 0) return;
  dispatch_any(y.dtype(), [&]<class T>() { map(y.device(), Value<T>{value}, y.numel(), y.data<T>()); });
}

void increment(Tensor& y) {
  if (y.numel() == 0) return;
  auto* const py = y.data<int64_t>();
  map(y.device(), Next{}, y.numel(), py, Dense<int64_t>{py});
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
