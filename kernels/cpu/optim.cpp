// Updates of weights on the CPU, a vector at a time. Bound by memory.
#include "kernels/optim.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>
#include <vector>

#include "core/thread_pool.h"
#include "kernels/optim_entries.h"

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
  for_vectors<T>(n, [&](int64_t i, auto... rest) {
    N x[] = {states ? N::load(states + i, rest...) : N()...};
    call(f, N::load(g + i, rest...), x, std::index_sequence_for<States...>());
    size_t k = 0;
    ((states ? x[k].store(states + i, rest...) : void(), ++k), ...);
  });
}

/// Elements of one tensor that one thread updates at a time.
constexpr int64_t piece = 16384;

template <template <class> class F, class Tensors, class... Options>
void update(std::span<Tensors> all, Options... options) {
  dispatch_float("optim", all.front().dtype(), [&]<class T>() {
    std::vector<decltype(optim_entry<T>(all.front()))> entries;
    std::vector<int64_t> ends;  // ends[k]: pieces of the entries up to k, it included
    for (Tensors& tensors : all) {
      entries.push_back(optim_entry<T>(tensors));
      ends.push_back((ends.empty() ? 0 : ends.back()) + (entries.back().n + piece - 1) / piece);
    }
    parallel_for(ends.back(), 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const auto k = static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), i) - ends.begin());
        const auto& entry = entries[k];
        const int64_t first = (i - (k ? ends[k - 1] : 0)) * piece;
        const F<Lanes<T>> f(read(entry.now), options...);
        std::apply(
            [&](auto*... states) {
              walk(f, std::min(piece, entry.n - first), entry.g + first,
                   (states ? states + first : nullptr)...);
            },
            std::to_array(entry.state));
      }
    });
  });
}

void sgd_lanes(std::span<SgdTensors> all, SgdOptions options) {
  update<SgdUpdate>(all, options);
}
void adam_lanes(std::span<AdamTensors> all, AdamOptions options) {
  update<AdamUpdate>(all, options);
}
void rmsprop_lanes(std::span<RmspropTensors> all, RmspropOptions options) {
  update<RmspropUpdate>(all, options);
}
void lerp_lanes(std::span<LerpTensors> all) {
  update<LerpUpdate>(all);
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(sgd_lanes);
HWY_EXPORT(adam_lanes);
HWY_EXPORT(rmsprop_lanes);
HWY_EXPORT(lerp_lanes);

void sgd(std::span<SgdTensors> all, SgdOptions options) {
  HWY_DYNAMIC_DISPATCH(sgd_lanes)(all, options);
}
void adam(std::span<AdamTensors> all, AdamOptions options) {
  HWY_DYNAMIC_DISPATCH(adam_lanes)(all, options);
}
void rmsprop(std::span<RmspropTensors> all, RmspropOptions options) {
  HWY_DYNAMIC_DISPATCH(rmsprop_lanes)(all, options);
}
void lerp(std::span<LerpTensors> all) {
  HWY_DYNAMIC_DISPATCH(lerp_lanes)(all);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
