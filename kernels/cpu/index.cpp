// Gathering and scattering on the CPU.
#include "kernels/index.h"

#include <algorithm>

#include "core/thread_pool.h"
#include "kernels/walk.h"

namespace saddle::kernels::cpu {
namespace {

/// How a tensor with an axis of K places meets a larger one whose places along that axis are indexed: element
/// [o, k, c] of the small one goes with outer(o) + index * stride + inner(c) of the large one.
struct IndexPlan {
  Walk outer, inner;
  int64_t places, columns, stride;
  const int64_t* index;
  bool shared;  // one index for all o and c

  IndexPlan(const Shape& small, const Shape& large, int axis, const Tensor& indices)
      : places(small[axis]),
        columns(small.stride(axis)),
        stride(large.stride(axis)),
        index(indices.data<int64_t>()),
        shared(indices.rank() == 1) {
    for (int i = small.rank() - 1; i > axis; --i) push(inner, small, large, i);
    for (int i = axis - 1; i >= 0; --i) push(outer, small, large, i);
  }

  /// Calls f(row, offset in the large tensor) for the rows (o, k) = [begin, end) where each is one element.
  template <class F>
  void for_each_row(int64_t begin, int64_t end, F&& f) const {
    for (int64_t row = begin; row < end;) {
      const int64_t o = row / places, first = o * places, stop = std::min(end, first + places);
      const int64_t base = outer.offset(o), skipped = shared ? first : 0;
      for (; row < stop; ++row) f(row, base + index[row - skipped] * stride);
    }
  }
  /// Whether a row's columns lie side by side in the large tensor too.
  bool contiguous() const { return shared && inner.rank <= 1; }
  /// Calls f(c, offset in the large tensor from outer(o)) for the columns [begin, end) of row (o, k).
  template <class F>
  void for_each(int64_t o, int64_t k, int64_t begin, int64_t end, F&& f) const {
    const int64_t* own = index + (shared ? k : (o * places + k) * columns);
    inner.for_each(begin, end,
                   [&](int64_t c, int64_t offset) { f(c, own[shared ? 0 : c] * stride + offset); });
  }

 private:
  static void push(Walk& walk, const Shape& small, const Shape& large, int i) {
    const auto last = static_cast<size_t>(walk.rank - 1);
    if (walk.rank > 0 && large.stride(i) == walk.stride[last] * walk.extent[last])
      walk.extent[last] *= small[i];
    else
      walk.push(small[i], large.stride(i));
  }
};

}  // namespace

void gather(const Tensor& x, const Tensor& index, Tensor& y, int axis) {
  if (y.numel() == 0) return;
  const IndexPlan plan(y.shape(), x.shape(), axis, index);
  const int64_t columns = plan.columns;
  dispatch_any(x.dtype(), [&]<class T>() {
    const T* px = x.data<T>();
    T* py = y.data<T>();
    if (columns == 1)
      return parallel_for(y.numel(), 16384, [&](int64_t begin, int64_t end) {
        plan.for_each_row(begin, end, [&](int64_t row, int64_t offset) { py[row] = px[offset]; });
      });
    parallel_for(y.numel() / columns, std::max<int64_t>(1, 16384 / columns), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const int64_t o = row / plan.places, k = row % plan.places;
        const T* from = px + plan.outer.offset(o);
        T* to = py + row * columns;
        if (plan.contiguous())
          std::copy_n(from + plan.index[k] * plan.stride, columns, to);
        else
          plan.for_each(o, k, 0, columns, [&](int64_t c, int64_t offset) { to[c] = from[offset]; });
      }
    });
  });
}

// Elements that meet in one place differ in k only. A task takes some columns of one o and all k in order, so
// tasks never meet.
void scatter_add(const Tensor& x, const Tensor& index, Tensor& y, int axis) {
  constexpr int64_t task_columns = 64;  // a few lines of cache, which no two tasks write at once
  dispatch_float("scatter_add", x.dtype(), [&]<class T>() {
    const T* px = x.data<T>();
    T* py = y.data<T>();
    parallel_for(y.numel(), 65536,
                 [&](int64_t begin, int64_t end) { std::fill_n(py + begin, end - begin, T{}); });
    if (x.numel() == 0) return;
    const IndexPlan plan(x.shape(), y.shape(), axis, index);
    const int64_t places = plan.places;
    if (plan.columns == 1)
      return parallel_for(plan.outer.count(), std::max<int64_t>(1, 16384 / places),
                          [&](int64_t begin, int64_t end) {
                            plan.for_each_row(begin * places, end * places,
                                              [&](int64_t row, int64_t offset) { py[offset] += px[row]; });
                          });
    const int64_t tasks = (plan.columns + task_columns - 1) / task_columns;
    const int64_t elements = places * std::min(plan.columns, task_columns);
    parallel_for(plan.outer.count() * tasks, std::max<int64_t>(1, 16384 / elements),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t task = begin; task < end; ++task) {
                     const int64_t o = task / tasks, column = task % tasks * task_columns;
                     const int64_t column_end = std::min(column + task_columns, plan.columns);
                     T* to = py + plan.outer.offset(o);
                     for (int64_t k = 0; k < places; ++k) {
                       const T* from = px + (o * places + k) * plan.columns;
                       if (plan.contiguous()) {
                         T* at = to + plan.index[k] * plan.stride;
                         for (int64_t c = column; c < column_end; ++c) at[c] += from[c];
                       } else {
                         plan.for_each(o, k, column, column_end,
                                       [&](int64_t c, int64_t offset) { to[offset] += from[c]; });
                       }
                     }
                   }
                 });
  });
}

}  // namespace saddle::kernels::cpu
