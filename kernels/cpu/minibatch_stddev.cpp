// Minibatch standard deviation on the CPU. A task takes a stretch of one group's share, a vector of all
// members at a time.
#include "kernels/minibatch_stddev.h"

#include <numeric>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/minibatch_stddev.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/norm-inl.h"
#include "kernels/cpu/wide_sum-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// A vector's place in all members: their mean, from the first member on, and deviation.
template <class T>
struct Members {
  using N = Lanes<T>;
  N first, mean, deviation;

  /// `step` leads from member to member.
  template <class... Rest>
  HWY_INLINE Members(const T* x, int64_t size, int64_t step, Rest... rest) : first(N::load(x, rest...)) {
    const N part(1 / static_cast<double>(size));
    for (int64_t i = 1; i < size; ++i) mean = mean + (N::load(x + i * step, rest...) - first);
    mean = mean * part;
    N squares = mean * mean;
    for (int64_t i = 1; i < size; ++i) {
      const N d = centred(N::load(x + i * step, rest...));
      squares = fma(d, d, squares);
    }
    deviation = sqrt(fma(squares, part, N(1e-8)));
  }
  HWY_INLINE N centred(N x) const { return x - first - mean; }
};

constexpr int64_t stretch = 1024;  // elements of each member: a few members fit into the first-level cache

int64_t stretches_of(const MinibatchStddevLayout& l) {
  return (l.inner + stretch - 1) / stretch;
}

/// Calls f(k, begin, end) for each stretch of `inner` of each group and share, k = group * shares + share.
template <class F>
void for_each_stretch(const MinibatchStddevLayout& l, F&& f) {
  const int64_t stretches = stretches_of(l);
  const int64_t tasks = std::max<int64_t>(1, grain / (l.size * std::min(stretch, l.inner)));
  parallel_for(l.groups * l.shares * stretches, tasks, [&](int64_t first, int64_t last) {
    for (int64_t task = first; task < last; ++task) {
      const int64_t begin = task % stretches * stretch;
      f(task / stretches, begin, std::min(begin + stretch, l.inner));
    }
  });
}

void stddev_lanes(const Tensor& x, Tensor& y, const MinibatchStddevLayout& l) {
  dispatch_float("minibatch_stddev", x.dtype(), [&]<class T>() {
    const T* px = x.data<T>();
    T* py = y.data<T>();
    const int64_t stretches = stretches_of(l);
    Tensor sums = Tensor::empty({l.groups * l.shares, stretches}, DType::f64);
    double* const partial = sums.data<double>();
    for_each_stretch(l, [&](int64_t k, int64_t at, int64_t end) {
      const int64_t group = k / l.shares, offset = k % l.shares * l.inner + at;
      const T* from = px + group * l.sample() + offset;
      T* to = py + group * l.appended_sample() + offset;
      WideSum<T> sum;
      for_vectors<T>(end - at, [&](int64_t i, auto... rest) {
        sum.add(Members<T>(from + i, l.size, l.groups * l.sample(), rest...).deviation, rest...);
      });
      partial[k * stretches + at / stretch] = sum.total();
      for (int64_t i = 0; i < l.size; ++i)
        std::copy_n(from + i * l.groups * l.sample(), end - at, to + i * l.groups * l.appended_sample());
    });
    for (int64_t n = 0; n < l.size * l.groups; ++n)
      for (int64_t share = 0; share < l.shares; ++share) {
        double total = 0;
        for (int64_t i = 0; i < stretches; ++i)
          total += partial[(n % l.groups * l.shares + share) * stretches + i];
        std::fill_n(py + n * l.appended_sample() + l.sample() + share * l.positions, l.positions,
                    static_cast<T>(total / static_cast<double>(l.inner)));
      }
  });
}

void stddev_grad_lanes(const Tensor& gy, const Tensor& x, Tensor& gx, const MinibatchStddevLayout& l) {
  dispatch_float("minibatch_stddev_grad", x.dtype(), [&]<class T>() {
    using N = Lanes<T>;
    const T *pg = gy.data<T>(), *px = x.data<T>();
    T* pz = gx.data<T>();
    const int64_t step = l.groups * l.sample(), appended_step = l.groups * l.appended_sample();
    for_each_stretch(l, [&](int64_t k, int64_t begin, int64_t end) {
      const int64_t group = k / l.shares, share = k % l.shares, offset = share * l.inner + begin;
      const T *from = px + group * l.sample() + offset, *sample = pg + group * l.appended_sample();
      T* to = pz + group * l.sample() + offset;
      double total = 0;
      for (int64_t i = 0; i < l.size; ++i) {
        const T* appended = sample + i * appended_step + l.sample() + share * l.positions;
        total = std::accumulate(appended, appended + l.positions, total);
      }
      const N gain(total / static_cast<double>(l.size * l.inner));
      for_vectors<T>(end - begin, [&](int64_t at, auto... rest) {
        const Members<T> m(from + at, l.size, step, rest...);
        const N slope = gain / m.deviation;
        for (int64_t i = 0; i < l.size; ++i)
          fma(m.centred(N::load(from + i * step + at, rest...)), slope,
              N::load(sample + i * appended_step + offset + at, rest...))
              .store(to + i * step + at, rest...);
      });
    });
  });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(stddev_lanes);
HWY_EXPORT(stddev_grad_lanes);

void minibatch_stddev(const Tensor& x, Tensor& y, MinibatchStddevLayout layout) {
  HWY_DYNAMIC_DISPATCH(stddev_lanes)(x, y, layout);
}

void minibatch_stddev_grad(const Tensor& gy, const Tensor& x, Tensor& gx, MinibatchStddevLayout layout) {
  HWY_DYNAMIC_DISPATCH(stddev_grad_lanes)(gy, x, gx, layout);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
