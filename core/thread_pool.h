// One pool of threads for all CPU kernels.
#pragma once
#include <cstdint>
#include <type_traits>

namespace saddle {

/// Threads that kernels use, the caller's included. At start: the processors this process may run on.
int num_threads();
/// Throws UsageError unless 1 <= n <= 1024. Not to be called from inside parallel_for.
void set_num_threads(int n);

namespace detail {
using RangeFunction = void (*)(void* context, int64_t begin, int64_t end);
void parallel_for(int64_t n, int64_t grain, RangeFunction run, void* context);
}  // namespace detail

/// Calls f(begin, end) on ranges that cover [0, n): range k is [k * grain, min(n, (k + 1) * grain)), whatever
/// the number of threads, so a kernel that keeps one result a range gives the same bits on any machine.
/// Ranges run in any order and at once. Inside another parallel_for, or while another thread uses the pool,
/// all run on the calling thread. The first exception of f is thrown again once all ranges have ended.
template <class F>
void parallel_for(int64_t n, int64_t grain, F&& f) {
  detail::parallel_for(
      n, grain,
      [](void* context, int64_t begin, int64_t end) {
        (*static_cast<std::remove_reference_t<F>*>(context))(begin, end);
      },
      const_cast<void*>(static_cast<const void*>(&f)));
}

}  // namespace saddle
