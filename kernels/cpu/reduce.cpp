// Reductions on the CPU.
#include "kernels/reduce.h"

#include <algorithm>
#include <vector>

namespace saddle::kernels::cpu {

void sum(const Tensor& x, Tensor& y, AxisMask axes) {
  dispatch_float("sum", x.dtype(), [&]<class T>() {
    std::vector<double> sums(static_cast<size_t>(y.numel()), 0.0);
    const T* px = x.data<T>();
    for (int64_t i = 0; i < x.numel(); ++i) {
      int64_t rest = i, o = 0, stride = 1;
      for (int d = x.rank() - 1; d >= 0; --d) {
        const int64_t k = rest % x.size(d);
        rest /= x.size(d);
        if (axes >> d & 1u) continue;
        o += k * stride;
        stride *= x.size(d);
      }
      sums[static_cast<size_t>(o)] += static_cast<double>(px[i]);
    }
    std::transform(sums.begin(), sums.end(), y.data<T>(), [](double s) { return static_cast<T>(s); });
  });
}

}  // namespace saddle::kernels::cpu
