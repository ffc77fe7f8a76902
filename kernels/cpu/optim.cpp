// Updates of weights on the CPU, a vector at a time. Bound by memory.
#include "kernels/optim.h"

#include <algorithm>
#include <utility>

#include "core/thread_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/optim.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/vec-inl.h"

#include "kernels/optim-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

template <class F, class N, size_t... k>
HWY_INLINE void call(const F& f, N g, N* x, std::index_sequence<k...>) {
  f(g, x[k]...);
}

/// f on n elements of g and of each state; a null state is 0 and its new value is dropped.
template <class F, class T, class... States>
HWY_INLINE void walk(const F& f, int64_t n, const T* g, States*... states) {
  using N = Lanes<T>;
  const auto step = [&](const auto& load, const auto& store, int64_t i) {
    N x[] = {states ? load(states + i) : N()...};
    call(f, load(g + i), x, std::index_sequence_for<States...>());
    size_t k = 0;
    ((states ? store(x[k], states + i) : void(), ++k), ...);
  };
  int64_t i = 0;
  for (; i + lanes<T>() <= n; i += lanes<T>())
    step([](const T* p) { return N::load(p); }, [](const N& x, T* p) { x.store(p); }, i);
  if (i < n) {
    const auto rest = static_cast<size_t>(n - i);
    step([rest](const T* p) { return N::load(p, rest); }, [rest](const N& x, T* p) { x.store(p, rest); }, i);
  }
}

template <template <class> class F, class Step, class... States>
void update(const Step& options, const Tensor& g, States&... states) {
  constexpr int64_t grain = 16384;
  dispatch_float("optim", g.dtype(), [&]<class T>() {
    const T* pg = g.data<T>();
    const auto pointer = [](Tensor& state) { return state.defined() ? state.data<T>() : nullptr; };
    parallel_for(g.numel(), grain, [&](int64_t begin, int64_t end) {
      const F<Lanes<T>> f(options);
      const auto at_begin = [&](T* p) { return p ? p + begin : nullptr; };
      walk(f, end - begin, pg + begin, at_begin(pointer(states))...);
    });
  });
}

void sgd_lanes(Tensor& p, const Tensor& g, Tensor& b, SgdStep step) {
  update<SgdUpdate>(step, g, p, b);
}
void adam_lanes(Tensor& p, const Tensor& g, Tensor& m, Tensor& v, AdamStep step) {
  update<AdamUpdate>(step, g, p, m, v);
}
void rmsprop_lanes(Tensor& p, const Tensor& g, Tensor& v, Tensor& a, Tensor& b, RmspropStep step) {
  update<RmspropUpdate>(step, g, p, v, a, b);
}
void lerp_lanes(Tensor& y, const Tensor& x, double weight) {
  update<LerpUpdate>(weight, x, y);
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(sgd_lanes);
HWY_EXPORT(adam_lanes);
HWY_EXPORT(rmsprop_lanes);
HWY_EXPORT(lerp_lanes);

void sgd(Tensor& p, const Tensor& g, Tensor& b, SgdStep step) {
  HWY_DYNAMIC_DISPATCH(sgd_lanes)(p, g, b, step);
}
void adam(Tensor& p, const Tensor& g, Tensor& m, Tensor& v, AdamStep step) {
  HWY_DYNAMIC_DISPATCH(adam_lanes)(p, g, m, v, step);
}
void rmsprop(Tensor& p, const Tensor& g, Tensor& v, Tensor& a, Tensor& b, RmspropStep step) {
  HWY_DYNAMIC_DISPATCH(rmsprop_lanes)(p, g, v, a, b, step);
}
void lerp(Tensor& y, const Tensor& x, double weight) {
  HWY_DYNAMIC_DISPATCH(lerp_lanes)(y, x, weight);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
