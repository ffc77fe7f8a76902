// A sum of vectors, held in f64 whatever their type. Included once for each Highway target.
#if defined(SADDLE_KERNELS_CPU_WIDE_SUM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_CPU_WIDE_SUM_INL_H_
#undef SADDLE_KERNELS_CPU_WIDE_SUM_INL_H_
#else
#define SADDLE_KERNELS_CPU_WIDE_SUM_INL_H_
#endif

#include "kernels/cpu/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

template <class T>
class WideSum {
 public:
  HWY_INLINE WideSum() : low_(), high_() {}
  HWY_INLINE void add(Lanes<T> x) {
    if constexpr (std::is_same_v<T, double>) {
      low_ = low_ + x;
    } else {  // by way of memory, which every target has; it is not what sums wait for
      HWY_ALIGN T all[hn::MaxLanes(typename Lanes<T>::Tag())];
      x.store(all);
      low_ = low_ + load_as<double>(all);
      if (lanes<T>() > lanes<double>()) high_ = high_ + load_as<double>(all + lanes<double>());
    }
  }
  /// The first `count` lanes of x.
  HWY_INLINE void add(Lanes<T> x, size_t count) {
    add(Lanes<T>(hn::IfThenElseZero(hn::FirstN(typename Lanes<T>::Tag(), count), x.v)));
  }
  HWY_INLINE double total() const { return sum_of_lanes(low_ + high_); }

 private:
  Lanes<double> low_, high_;
};

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggled guard
