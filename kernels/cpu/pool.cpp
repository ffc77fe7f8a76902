// Max pooling on the CPU. A vector holds neighbouring outputs of a row, whose k-th pixels lie `stride` apart;
// windows that reach over the left or right border are taken one by one.
#include "kernels/pool.h"

#include <algorithm>

#include "core/thread_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/pool.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// The first `count` of the elements that lie `stride` apart from p on. Reads nothing behind the last of
/// them.
template <class T>
HWY_INLINE Lanes<T> load_strided(const T* p, int64_t count, int64_t stride) {
  using N = Lanes<T>;
  const auto load = [](const T* from, int64_t available) {
    return available >= lanes<T>() ? N::load(from)
                                   : N::load(from, static_cast<size_t>(std::max<int64_t>(0, available)));
  };
  if (stride == 1) return load(p, count);
#if HWY_TARGET != HWY_SCALAR  // where a vector is one lane, it has no halves
  if (stride == 2) {
    const int64_t span = 2 * count - 1;
    return hn::ConcatEven(typename N::Tag(), load(p + lanes<T>(), span - lanes<T>()).v, load(p, span).v);
  }
#endif
  HWY_ALIGN T values[hn::MaxLanes(typename N::Tag())] = {};
  for (int64_t l = 0; l < count; ++l) values[l] = p[l * stride];
  return N::load(values);
}

/// From a window's first pixel to each, in row-major order; `width` is the image's.
std::vector<int64_t> steps_of(const PoolWindow& window, int64_t width) {
  std::vector<int64_t> steps;
  for (int64_t u = 0; u < window.kernel[0]; ++u)
    for (int64_t v = 0; v < window.kernel[1]; ++v)
      steps.push_back(u * window.dilation[0] * width + v * window.dilation[1]);
  return steps;
}

/// One row of windows over one plane.
template <class T>
class RowOfWindows {
 public:
  RowOfWindows(const T* plane, int64_t height, int64_t width, int64_t row, const PoolWindow& window,
               const std::vector<int64_t>& steps)
      : plane_(plane),
        width_(width),
        window_(window),
        steps_(steps.data()),
        top_(row * window.stride[0] - window.padding[0]) {
    while (top_ + begin_ * window.dilation[0] < 0) ++begin_;
    while (end_ > begin_ && top_ + (end_ - 1) * window.dilation[0] >= height) --end_;
  }

  /// The window of output j, wherever it lies.
  void pool_one(int64_t j, T* y, int64_t* index) const {
    bool found = false;
    for (int64_t u = begin_; u < end_; ++u)
      for (int64_t v = 0; v < window_.kernel[1]; ++v) {
        const int64_t column = j * window_.stride[1] + offset(v);
        if (column < 0 || column >= width_) continue;
        const int64_t at = row(u) * width_ + column;
        const T value = plane_[at];
        if (found && !(value > y[j] || value != value)) continue;
        found = true;
        y[j] = value;
        index[j] = at;
      }
  }

  /// The windows of `count` <= lanes outputs from j on, all within the columns.
  HWY_INLINE void pool_many(int64_t j, int64_t count, T* y, int64_t* index) const {
    using N = Lanes<T>;
    const T* first = plane_ + row(begin_) * width_ + j * window_.stride[1] + offset(0);
    const auto load = [&](int64_t pixel) {
      return load_strided(first + steps_[pixel], count, window_.stride[1]);
    };
    N best = load(0), found;  // the largest so far, and which of the window's pixels it is
    for (int64_t pixel = 1; pixel < (end_ - begin_) * window_.kernel[1]; ++pixel) {
      const N value = load(pixel);
      const LaneMask<T> better{hn::Or((value > best).m, hn::Not((value == value).m))};
      best = select(better, value, best);
      found = select(better, N(static_cast<double>(pixel)), found);
    }
    count == lanes<T>() ? best.store(y + j) : best.store(y + j, static_cast<size_t>(count));
    HWY_ALIGN T pixels[hn::MaxLanes(typename N::Tag())];
    found.store(pixels);
    for (int64_t l = 0; l < count; ++l)
      index[j + l] = first - plane_ + l * window_.stride[1] + steps_[static_cast<int64_t>(pixels[l])];
  }

 private:
  int64_t row(int64_t u) const { return top_ + u * window_.dilation[0]; }
  int64_t offset(int64_t v) const { return v * window_.dilation[1] - window_.padding[1]; }

  const T* plane_;
  int64_t width_;
  const PoolWindow& window_;
  const int64_t* steps_;
  int64_t top_;
  int64_t begin_ = 0, end_ = window_.kernel[0];  // the window's rows that the image has
};

void max_pool2d_lanes(const Tensor& x, Tensor& y, Tensor& index, const PoolWindow& window) {
  if (y.numel() == 0) return;
  dispatch_float("max_pool2d", x.dtype(), [&]<class T>() {
    const T* px = x.data<T>();
    T* py = y.data<T>();
    int64_t* pi = index.data<int64_t>();
    const int64_t height = x.size(2), width = x.size(3), out_height = y.size(2), out_width = y.size(3);
    // Outputs in [inner, inner_end) have windows within the columns.
    const int64_t stride = window.stride[1], padding = window.padding[1];
    const int64_t room = width + padding - window.dilation[1] * (window.kernel[1] - 1) - 1;
    const int64_t inner = std::min((padding + stride - 1) / stride, out_width);
    const int64_t inner_end = std::clamp(room < 0 ? 0 : room / stride + 1, inner, out_width);
    const std::vector<int64_t> steps = steps_of(window, width);
    const int64_t grain = std::max<int64_t>(1, 16384 / (out_width * window.kernel[0] * window.kernel[1]));
    parallel_for(y.numel() / out_width, grain, [&](int64_t begin, int64_t end) {
      for (int64_t task = begin; task < end; ++task) {
        const int64_t plane = task / out_height;
        const RowOfWindows<T> row(px + plane * height * width, height, width, task % out_height, window,
                                  steps);
        T* y_row = py + task * out_width;
        int64_t* index_row = pi + task * out_width;
        for (int64_t j = 0; j < inner; ++j) row.pool_one(j, y_row, index_row);
        for (int64_t j = inner; j < inner_end; j += lanes<T>())
          row.pool_many(j, std::min(lanes<T>(), inner_end - j), y_row, index_row);
        for (int64_t j = inner_end; j < out_width; ++j) row.pool_one(j, y_row, index_row);
      }
    });
  });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(max_pool2d_lanes);

void max_pool2d(const Tensor& x, Tensor& y, Tensor& index, PoolWindow window) {
  HWY_DYNAMIC_DISPATCH(max_pool2d_lanes)(x, y, index, window);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
