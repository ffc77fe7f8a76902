// Moving elements on the CPU. All are bound by memory: what matters is that both sides are walked in whole
// cache lines, and that work is cut by elements, not by rows, of which there may be one.
#include "kernels/shape.h"

#include <algorithm>

#include "core/thread_pool.h"
#include "kernels/cpu/turn.h"
#include "kernels/walk.h"

namespace saddle::kernels::cpu {
namespace {

constexpr int64_t grain = 16384;  // elements a range

/// Row by row of y, whose elements lie at an even distance in x.
template <class T>
void copy_rows(const T* x, const Walk& walk, T* y) {
  Walk rows;
  for (size_t i = 1; i < static_cast<size_t>(walk.rank); ++i) rows.push(walk.extent[i], walk.stride[i]);
  const int64_t length = walk.extent[0], step = walk.stride[0];
  parallel_for(walk.count(), grain, [&](int64_t begin, int64_t end) {
    rows.for_each(begin / length, (end - 1) / length + 1, [&](int64_t row, int64_t offset) {
      const int64_t first = std::max(begin - row * length, int64_t{0});
      const int64_t n = std::min(end - row * length, length) - first;
      const T* from = x + offset + first * step;
      T* to = y + row * length + first;
      if (step == 1)
        std::copy_n(from, n, to);
      else if (step == 0)
        std::fill_n(to, n, *from);
      else
        for (int64_t i = 0; i < n; ++i) to[i] = from[i * step];
    });
  });
}

}  // namespace

void copy_view(const Tensor& x, Tensor& y, const View& view) {
  if (y.numel() == 0) return;
  const Walk walk = merged_walk(y.shape(), view.stride);
  const auto* strides = walk.stride.data();
  const auto across = static_cast<size_t>(std::find(strides, strides + walk.rank, 1) - strides);
  if (across > 0 && across < static_cast<size_t>(walk.rank) && walk.stride[0] != 0) {
    copy_turned(x, view.offset, walk, across, y);
    return;
  }
  dispatch_any(x.dtype(), [&]<class T>() { copy_rows(x.data<T>() + view.offset, walk, y.data<T>()); });
}

void concat(std::span<const Tensor> xs, Tensor& y, int axis) {
  if (y.numel() == 0) return;
  const int64_t inner = y.shape().stride(axis), row_length = y.size(axis) * inner;
  dispatch_any(y.dtype(), [&]<class T>() {
    struct Piece {  // of every row of y
      const T* x;
      int64_t begin, length;
    };
    std::vector<Piece> pieces;
    int64_t filled = 0;
    for (const Tensor& x : xs) {
      if (x.numel() == 0) continue;
      pieces.push_back({x.data<T>(), filled, x.size(axis) * inner});
      filled += pieces.back().length;
    }
    T* py = y.data<T>();
    parallel_for(y.numel(), grain, [&](int64_t begin, int64_t end) {
      int64_t row = begin / row_length;
      const int64_t column = begin % row_length;
      auto piece = std::upper_bound(pieces.begin(), pieces.end(), column,
                                    [](int64_t c, const Piece& p) { return c < p.begin; }) -
                   1;
      for (int64_t at = begin, skip = column - piece->begin; at < end; skip = 0) {
        const int64_t n = std::min(piece->length - skip, end - at);
        std::copy_n(piece->x + row * piece->length + skip, n, py + at);
        at += n;
        if (++piece == pieces.end()) piece = pieces.begin(), ++row;
      }
    });
  });
}

void slice_grad(const Tensor& gy, Tensor& gx, int axis, int64_t begin, int64_t step) {
  if (gx.numel() == 0) return;
  const int64_t inner = gx.shape().stride(axis), extent = gx.size(axis), count = gy.size(axis);
  dispatch_any(gx.dtype(), [&]<class T>() {
    const T* from = gy.data<T>();
    T* to = gx.data<T>();
    // Slabs of `inner` elements; those of one outer index that a range holds are cleared, then filled.
    parallel_for(gx.numel() / inner, std::max<int64_t>(1, grain / inner), [&](int64_t first, int64_t last) {
      for (int64_t slab = first; slab < last;) {
        const int64_t outer = slab / extent, low = slab - outer * extent;
        const int64_t high = std::min(extent, low + last - slab);
        const auto before = [&](int64_t i) {  // how many of gy's lie before i
          return i > begin ? std::min((i - begin - 1) / step + 1, count) : 0;
        };
        std::fill_n(to + slab * inner, (high - low) * inner, T{});
        const int64_t k0 = before(low), k1 = before(high),
                      run = step == 1 ? std::max<int64_t>(k1 - k0, 1) : 1;
        for (int64_t k = k0; k < k1; k += run)
          std::copy_n(from + (outer * count + k) * inner, run * inner,
                      to + (outer * extent + begin + k * step) * inner);
        slab += high - low;
      }
    });
  });
}

}  // namespace saddle::kernels::cpu
