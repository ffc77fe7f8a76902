// The gradients of losses on the GPU: elementwise work of map.h. Bound by memory: 8 bytes an element of f32,
// 12 with a tensor of targets.
#include "kernels/loss.h"

#include "kernels/cuda/map.h"
#include "kernels/cuda/scalar.h"

#include "kernels/loss-inl.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {
namespace {

template <class L, class T>
struct LossSlope {
  const T* gy;
  T scale, target;

  __device__ __forceinline__ T operator()(T x) const { return *gy * scale * L::slope(x, target); }
  __device__ __forceinline__ T operator()(T x, T t) const { return *gy * scale * L::slope(x, t); }
};

}  // namespace

void loss_grad(const Tensor& gy, const Tensor& x, const Tensor& target, Tensor& gx, LossRule rule) {
  if (x.numel() == 0) return;
  dispatch_float("loss_grad", x.dtype(), [&]<class T>() {
    dispatch_loss(rule.kind, [&]<class L>() {
      const LossSlope<L, T> slope{gy.data<T>(), static_cast<T>(rule.scale), static_cast<T>(rule.target)};
      const Dense<T> each{x.data<T>()};
      if (target.defined())
        map(gx.device(), slope, gx.numel(), gx.data<T>(), each, Dense<T>{target.data<T>()});
      else
        map(gx.device(), slope, gx.numel(), gx.data<T>(), each);
    });
  });
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
