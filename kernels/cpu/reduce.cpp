// Reductions on the CPU. What is reduced is cut into tasks of fixed size (see reduce_split.h); a task keeps
// its accumulators in registers or the first-level cache, and where several tasks share an output, their
// partial results are reduced in turn, in order.
#include "kernels/reduce.h"

#include <algorithm>

#include "core/thread_pool.h"
#include "kernels/cpu/reduce_split.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/reduce.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// Sums are held in f64: the loads that widen f32 cost less than memory does.
template <class T>
struct Sum {
  using Acc = double;
  static constexpr double identity = 0;
  static HWY_INLINE Lanes<Acc> combine(Lanes<Acc> a, Lanes<Acc> b) { return a + b; }
  static HWY_INLINE Acc across(Lanes<Acc> a) { return sum_of_lanes(a); }
};

template <class T>
struct Max {
  using Acc = T;
  static constexpr double identity = -std::numeric_limits<double>::infinity();
  static HWY_INLINE Lanes<T> combine(Lanes<T> a, Lanes<T> b) { return max(a, b); }
  static HWY_INLINE T across(Lanes<T> a) {
    return hn::AllTrue(typename Lanes<T>::Tag(), (a == a).m) ? max_of_lanes(a)
                                                             : std::numeric_limits<T>::quiet_NaN();
  }
};

template <class T>
struct Min {
  using Acc = T;
  static constexpr double identity = std::numeric_limits<double>::infinity();
  static HWY_INLINE Lanes<T> combine(Lanes<T> a, Lanes<T> b) { return min(a, b); }
  static HWY_INLINE T across(Lanes<T> a) {
    return hn::AllTrue(typename Lanes<T>::Tag(), (a == a).m) ? min_of_lanes(a)
                                                             : std::numeric_limits<T>::quiet_NaN();
  }
};

/// The first `count` elements at p; the other lanes hold the identity.
template <class R, class T>
HWY_INLINE Lanes<typename R::Acc> load_rest(const T* p, size_t count) {
  using N = Lanes<typename R::Acc>;
  return select(LaneMask<typename R::Acc>{hn::FirstN(typename N::Tag(), count)},
                load_as<typename R::Acc>(p, count), N(R::identity));
}

/// `sum` and n elements at p, lane by lane.
template <class R, class T>
HWY_INLINE Lanes<typename R::Acc> reduce_run(const T* p, int64_t n, Lanes<typename R::Acc> sum) {
  using Acc = typename R::Acc;
  const int64_t step = lanes<Acc>();
  int64_t i = 0;
  if (n >= 4 * step) {  // four chains hide the latency of an addition
    Lanes<Acc> b(R::identity), c(R::identity), d(R::identity);
    for (; i + 4 * step <= n; i += 4 * step) {
      sum = R::combine(sum, load_as<Acc>(p + i));
      b = R::combine(b, load_as<Acc>(p + i + step));
      c = R::combine(c, load_as<Acc>(p + i + 2 * step));
      d = R::combine(d, load_as<Acc>(p + i + 3 * step));
    }
    sum = R::combine(R::combine(sum, b), R::combine(c, d));
  }
  for (; i + step <= n; i += step) sum = R::combine(sum, load_as<Acc>(p + i));
  return i < n ? R::combine(sum, load_rest<R>(p + i, static_cast<size_t>(n - i))) : sum;
}

/// out[j] = reduction over rows and runs; columns lie `stride` apart, `run` elements of each are taken.
template <class R, class T>
void reduce_runs(const T* x, const Walk& rows, int64_t row_begin, int64_t row_end, int64_t columns,
                 int64_t stride, int64_t run, typename R::Acc* HWY_RESTRICT out) {
  using N = Lanes<typename R::Acc>;
  HWY_ALIGN typename R::Acc sums[ReduceSplit::max_runs * hn::MaxLanes(typename N::Tag())];
  const int64_t step = lanes<typename R::Acc>();
  for (int64_t j = 0; j < columns; ++j) N(R::identity).store(sums + j * step);
  for (int64_t r = row_begin; r < row_end; ++r) {
    const T* row = x + rows.offset(r);
    for (int64_t j = 0; j < columns; ++j)
      reduce_run<R>(row + j * stride, run, N::load(sums + j * step)).store(sums + j * step);
  }
  for (int64_t j = 0; j < columns; ++j) out[j] = R::across(N::load(sums + j * step));
}

/// out[j] = reduction of columns that lie side by side. Row by row: one stream through memory, which the
/// prefetcher follows, gains more than accumulators in registers would. `out` holds whole vectors.
template <class R, class T>
void reduce_columns(const T* x, const Walk& rows, int64_t row_begin, int64_t row_end, int64_t columns,
                    typename R::Acc* HWY_RESTRICT out) {
  using Acc = typename R::Acc;
  using N = Lanes<Acc>;
  const int64_t step = lanes<Acc>(), whole = columns / step * step;
  const auto rest = static_cast<size_t>(columns - whole);
  for (int64_t j = 0; j < columns; j += step) N(R::identity).store(out + j);
  for (int64_t r = row_begin; r < row_end; ++r) {
    const T* p = x + rows.offset(r);
    for (int64_t j = 0; j < whole; j += step)
      R::combine(N::load(out + j), load_as<Acc>(p + j)).store(out + j);
    if (rest) R::combine(N::load(out + whole), load_as<Acc>(p + whole, rest)).store(out + whole);
  }
}

/// Reduces x by the plan. y has Y's elements, which partial results are converted to.
template <class R, class T, class Y>
void reduce_by_plan(const T* x, const ReducePlan& plan, Y* y) {
  using Acc = typename R::Acc;
  const ReduceSplit split(plan);
  const int64_t outputs = plan.kept.count() * plan.columns, partials = split.partials();
  Tensor kept_partials;
  if (partials > 1) kept_partials = Tensor::empty({partials, outputs}, dtype_of<Acc>);
  Acc* partial = partials > 1 ? kept_partials.data<Acc>() : nullptr;
  parallel_for(plan.kept.count() * split.tiles * partials, split.grain(), [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t piece = task % partials, tile = task / partials % split.tiles;
      const int64_t o = task / partials / split.tiles, column = tile * split.tile;
      const int64_t columns = std::min(split.tile, plan.columns - column);
      const int64_t at = piece % split.segments * split.segment, run = std::min(split.segment, plan.run - at);
      const int64_t row = piece / split.segments * split.chunk_rows;
      const int64_t row_end = std::min(row + split.chunk_rows, plan.rows.count());
      const T* from = x + plan.kept.offset(o) + column * plan.run + at;
      HWY_ALIGN Acc result[ReduceSplit::max_columns];
      if (plan.run == 1)
        reduce_columns<R>(from, plan.rows, row, row_end, columns, result);
      else
        reduce_runs<R>(from, plan.rows, row, row_end, columns, plan.run, run, result);
      const int64_t first = o * plan.columns + column;
      if (partials > 1)
        std::copy_n(result, columns, partial + piece * outputs + first);
      else
        std::transform(result, result + columns, y + first, [](Acc a) { return static_cast<Y>(a); });
    }
  });
  if (partials > 1) {
    ReducePlan rest;
    rest.columns = outputs;
    rest.rows.push(partials, outputs);
    reduce_by_plan<R>(static_cast<const Acc*>(partial), rest, y);
  }
}

template <template <class> class R>
void reduce(const Tensor& x, Tensor& y, AxisMask axes) {
  dispatch_float("reduce", x.dtype(), [&]<class T>() {
    if (x.numel() == 0)
      std::fill_n(y.data<T>(), y.numel(), static_cast<T>(R<T>::identity));
    else
      reduce_by_plan<R<T>>(x.data<T>(), plan_reduction(x.shape(), axes), y.data<T>());
  });
}

void sum_lanes(const Tensor& x, Tensor& y, AxisMask axes) {
  reduce<Sum>(x, y, axes);
}
void amax_lanes(const Tensor& x, Tensor& y, AxisMask axes) {
  reduce<Max>(x, y, axes);
}
void amin_lanes(const Tensor& x, Tensor& y, AxisMask axes) {
  reduce<Min>(x, y, axes);
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

#define SADDLE_DEFINE(name)                              \
  HWY_EXPORT(name##_lanes);                              \
  void name(const Tensor& x, Tensor& y, AxisMask axes) { \
    HWY_DYNAMIC_DISPATCH(name##_lanes)(x, y, axes);      \
  }
SADDLE_DEFINE(sum)
SADDLE_DEFINE(amax)
SADDLE_DEFINE(amin)
#undef SADDLE_DEFINE

void argmax(const Tensor& x, Tensor& y, int axis) {
  const int64_t n = x.size(axis), inner = x.shape().stride(axis);
  int64_t* py = y.data<int64_t>();
  dispatch_float("argmax", x.dtype(), [&]<class T>() {
    const T* px = x.data<T>();
    parallel_for(y.numel(), std::max<int64_t>(1, 16384 / n), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) {
        const T* p = px + o / inner * n * inner + o % inner;
        int64_t best = 0;
        for (int64_t i = 1; i < n && p[best * inner] == p[best * inner]; ++i)
          if (!(p[i * inner] <= p[best * inner])) best = i;
        py[o] = best;
      }
    });
  });
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
