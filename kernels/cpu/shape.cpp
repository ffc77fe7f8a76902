// Moving elements on the CPU. All are bound by memory.
#include "kernels/shape.h"

#include <algorithm>

#include "core/thread_pool.h"
#include "kernels/cpu/broadcast.h"

namespace saddle::kernels::cpu {

void expand(const Tensor& x, Tensor& y) {
  if (y.numel() == 0) return;
  const BroadcastPlan plan = plan_broadcast(x.shape(), y.shape(), y.shape());
  dispatch_any(x.dtype(), [&]<class T>() {
    const T* px = x.data<T>();
    T* py = y.data<T>();
    const int64_t inner = plan.inner();
    const bool walk = plan.rank > 0 && plan.stride0[static_cast<size_t>(plan.rank - 1)] != 0;
    parallel_for(plan.rows(), std::max<int64_t>(1, 16384 / inner), [&](int64_t begin, int64_t end) {
      for (int64_t r = begin; r < end; ++r) {
        const T* from = px + plan.row_offsets(r).first;
        T* to = py + r * inner;
        if (walk)
          std::copy_n(from, inner, to);
        else
          std::fill_n(to, inner, *from);
      }
    });
  });
}

}  // namespace saddle::kernels::cpu
