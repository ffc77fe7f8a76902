// A bias and an activation on the CPU, a vector at a time. Bound by memory. Work is cut into runs, the
// positions of one channel of one sample; where runs are short, into columns down the samples.
#include "kernels/activation.h"

#include <algorithm>

#include "core/thread_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/activation.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/vec-inl.h"

#include "kernels/activation-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

constexpr int64_t grain = 16384;  // elements a range of parallel_for, at least
// With fewer positions than this, vectors go across channels, so many columns at a time.
constexpr int64_t short_run = 16, tile_columns = 512;

/// x as [samples, channels, positions].
struct Planes {
  int64_t samples, channels, positions;

  explicit Planes(const Tensor& x)
      : samples(x.size(0)), channels(x.size(1)), positions(x.numel() ? x.numel() / samples / channels : 0) {}
  int64_t columns() const { return channels * positions; }
  int64_t runs() const { return samples * channels; }

  /// f(run, its channel) for all runs.
  template <class F>
  void for_each_run(F&& f) const {
    parallel_for(runs(), std::max<int64_t>(1, grain / positions), [&](int64_t begin, int64_t end) {
      for (int64_t run = begin; run < end; ++run) f(run, run % channels);
    });
  }
};

template <class F, class T>
void bias_act_runs(const F& f, const Planes& planes, const T* x, const T* bias, T* y) {
  using N = Lanes<T>;
  planes.for_each_run([&](int64_t run, int64_t channel) {
    const int64_t at = run * planes.positions;
    const N b = bias ? N(hn::Set(typename N::Tag(), bias[channel])) : N();
    for_vectors<T>(planes.positions, [&](int64_t i, auto... rest) {
      const N given = N::load(x + at + i, rest...);
      f(bias ? given + b : given).store(y + at + i, rest...);
    });
  });
}

/// `columns`: a number for each of a sample's elements, or null.
template <class F, class T>
void bias_act_columns(const F& f, const Planes& planes, const T* x, const T* columns, T* y) {
  using N = Lanes<T>;
  const int64_t n = planes.columns();
  parallel_for(planes.samples, std::max<int64_t>(1, grain / n), [&](int64_t begin, int64_t end) {
    for (int64_t sample = begin; sample < end; ++sample)
      for_vectors<T>(n, [&](int64_t j, auto... rest) {
        const N given = N::load(x + sample * n + j, rest...);
        f(columns ? given + N::load(columns + j, rest...) : given).store(y + sample * n + j, rest...);
      });
  });
}

void bias_act_lanes(const Tensor& x, const Tensor& bias, Tensor& y, const Activation& activation) {
  const Planes planes(x);
  if (x.numel() == 0) return;
  dispatch_float("bias_act", x.dtype(), [&]<class T>() {
    dispatch_activation(activation, [&]<template <class> class F>() {
      const F<Lanes<T>> f(params_of(activation));
      const T* b = bias.defined() ? bias.data<T>() : nullptr;
      if (planes.positions >= short_run) return bias_act_runs(f, planes, x.data<T>(), b, y.data<T>());
      if (!b || planes.positions == 1) return bias_act_columns(f, planes, x.data<T>(), b, y.data<T>());
      Tensor repeated = Tensor::empty({planes.columns()}, x.dtype());
      for (int64_t c = 0; c < planes.channels; ++c)
        std::fill_n(repeated.data<T>() + c * planes.positions, planes.positions, b[c]);
      bias_act_columns(f, planes, x.data<T>(), repeated.data<T>(), y.data<T>());
    });
  });
}

/// sum of n elements at p, which lie in the cache.
template <class T>
HWY_INLINE double sum_run(const T* p, int64_t n) {
  using Wide = Lanes<double>;
  const int64_t step = lanes<double>();
  Wide sum, other;  // a second chain hides the latency of an addition
  int64_t i = 0;
  for (; i + 2 * step <= n; i += 2 * step) {
    sum = sum + load_as<double>(p + i);
    other = other + load_as<double>(p + i + step);
  }
  for_vectors<double>(n - i,
                      [&](int64_t j, auto... rest) { sum = sum + load_as<double>(p + i + j, rest...); });
  return sum_of_lanes(sum + other);
}

/// Each run's sum is taken while what was written is in the cache; then those of the samples, in order.
template <class F, class T>
void bias_act_grad_runs(const F& f, const Planes& planes, const T* gy, const T* y, T* gx, T* gb) {
  using N = Lanes<T>;
  Tensor sums = Tensor::empty({planes.runs()}, DType::f64);
  double* partial = sums.data<double>();
  planes.for_each_run([&](int64_t run, int64_t) {
    const int64_t at = run * planes.positions;
    for_vectors<T>(planes.positions, [&](int64_t i, auto... rest) {
      f(N::load(gy + at + i, rest...), N::load(y + at + i, rest...)).store(gx + at + i, rest...);
    });
    partial[run] = sum_run(gx + at, planes.positions);
  });
  parallel_for(planes.channels, std::max<int64_t>(1, grain / planes.samples),
               [&](int64_t begin, int64_t end) {
                 for (int64_t c = begin; c < end; ++c) {
                   double sum = 0;
                   for (int64_t n = 0; n < planes.samples; ++n) sum += partial[n * planes.channels + c];
                   gb[c] = static_cast<T>(sum);
                 }
               });
}

template <class F, class T>
void bias_act_grad_columns(const F& f, const Planes& planes, const T* gy, const T* y, T* gx, T* gb) {
  using N = Lanes<T>;
  using Wide = Lanes<double>;
  const int64_t each = tile_columns / planes.positions;  // channels of a task
  parallel_for((planes.channels + each - 1) / each, 1, [&](int64_t begin, int64_t end) {
    for (int64_t first = begin * each; first < std::min(end * each, planes.channels); first += each) {
      const int64_t channels = std::min(each, planes.channels - first), n = channels * planes.positions;
      double sums[tile_columns] = {};
      for (int64_t sample = 0; sample < planes.samples; ++sample) {
        const int64_t at = sample * planes.columns() + first * planes.positions;
        for_vectors<T>(n, [&](int64_t j, auto... rest) {
          f(N::load(gy + at + j, rest...), N::load(y + at + j, rest...)).store(gx + at + j, rest...);
        });
        for_vectors<double>(n, [&](int64_t j, auto... rest) {
          (Wide::load(sums + j, rest...) + load_as<double>(gx + at + j, rest...)).store(sums + j, rest...);
        });
      }
      for (int64_t c = 0; c < channels; ++c) {
        double sum = 0;
        for (int64_t i = 0; i < planes.positions; ++i) sum += sums[c * planes.positions + i];
        gb[first + c] = static_cast<T>(sum);
      }
    }
  });
}

void bias_act_grad_lanes(const Tensor& gy, const Tensor& y, Tensor& gx, Tensor& gb,
                         const Activation& activation) {
  const Planes planes(y);
  dispatch_float("bias_act_grad", y.dtype(), [&]<class T>() {
    if (y.numel() == 0) return void(std::fill_n(gb.data<T>(), planes.channels, T(0)));
    dispatch_activation_grad(activation, [&]<template <class> class F>() {
      const F<Lanes<T>> f(params_of(activation));
      const auto run = planes.positions < short_run ? bias_act_grad_columns<F<Lanes<T>>, T>
                                                    : bias_act_grad_runs<F<Lanes<T>>, T>;
      run(f, planes, gy.data<T>(), y.data<T>(), gx.data<T>(), gb.data<T>());
    });
  });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(bias_act_lanes);
HWY_EXPORT(bias_act_grad_lanes);

void bias_act(const Tensor& x, const Tensor& bias, Tensor& y, Activation activation) {
  HWY_DYNAMIC_DISPATCH(bias_act_lanes)(x, bias, y, activation);
}
void bias_act_grad(const Tensor& gy, const Tensor& y, Tensor& gx, Tensor& gb, Activation activation) {
  HWY_DYNAMIC_DISPATCH(bias_act_grad_lanes)(gy, y, gx, gb, activation);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
