// The panel source and the sink of weights, for convolutions by minimal filtering; see winograd-inl.h.
// Included once for each Highway target.
#if defined(SADDLE_KERNELS_CPU_WINOGRAD_WEIGHTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SADDLE_KERNELS_CPU_WINOGRAD_WEIGHTS_INL_H_
#undef SADDLE_KERNELS_CPU_WINOGRAD_WEIGHTS_INL_H_
#else
#define SADDLE_KERNELS_CPU_WINOGRAD_WEIGHTS_INL_H_
#endif

#include "kernels/cpu/panels-inl.h"
#include "kernels/cpu/winograd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// Lanes are channels on one side of the weights, K is (channel on the other side, phase).
template <class T, class F>
struct FilterPanels {
  const T* data;
  int64_t lane_stride, channel_stride, lanes;
  int64_t stride;
  std::array<int64_t, 2> phase;  // phases [begin, end), row by row
  bool reversed;                 // tap 0 last

  template <int64_t W>
  void pack(int64_t k0, int64_t k1, int64_t lane0, T* out, int64_t pitch) const {
    constexpr int64_t most_taps = 16;
    const int64_t count = std::min(W, lanes - lane0), side = F::taps * stride, phases = phase[1] - phase[0];
    T taps[most_taps * W + vector] = {};
    for (int64_t k = k0; k < k1; k += phases) {
      const T* from = data + lane0 * lane_stride + k / phases * channel_stride;
      for (int64_t l = 0; l < count; ++l) hwy::Prefetch(from + l * lane_stride + ahead * channel_stride);
      if (phases == stride * stride)
        pack_rows<W>(from, lane_stride, count, side * side, taps);
      else  // one row of phases
        for (int64_t row = phase[0] / stride; row < side; row += stride)
          pack_rows<W>(from + row * side, lane_stride, count, side, taps + row * side * W);
      for (int64_t i = 0; i < phases; ++i) {
        const int64_t a = (phase[0] + i) / stride, b = (phase[0] + i) % stride;
        const auto tap = [&](int64_t u, int64_t v) {
          if (reversed) u = F::taps - 1 - u, v = F::taps - 1 - v;
          return taps + ((u * stride + a) * side + v * stride + b) * W;
        };
        // A vector may be wider than what is left of a row; the next row overwrites what is too much.
        for (int64_t l = 0; l < W; l += vector) points(tap, l, pitch, out + (k - k0 + i) * W + l);
      }
    }
  }

 private:
  static constexpr int64_t vector = TileSize<T>::vector;
  /// Channels to be read from memory before their turn.
  static constexpr int64_t ahead = 4;

  template <class Tap>
  static HWY_INLINE void points(const Tap& tap, int64_t l, int64_t pitch, T* HWY_RESTRICT to) {
    using N = Packed<hn::ScalableTag<T>>;
    N half[F::points][F::taps];
    for (int64_t u = 0; u < F::taps; ++u) {
      N g[F::taps], p[F::points];
      for (int64_t v = 0; v < F::taps; ++v) g[v] = N::load(tap(u, v) + l);
      F::weights(g, p);
      for (int64_t q = 0; q < F::points; ++q) half[q][u] = p[q];
    }
    for (int64_t q = 0; q < F::points; ++q) {
      N p[F::points];
      F::weights(half[q], p);
      for (int64_t r = 0; r < F::points; ++r) p[r].store(to + (r * F::points + q) * pitch);
    }
  }
};

/// Rows are output channels, columns (input channel, phase): gradients of the weights.
template <class T, class F>
struct FilterSink {
  T* data;
  int64_t row_stride, stride;

  void store(int64_t row0, int64_t column0, int64_t rows, int64_t columns, const T* points) const {
    using Size = TileSize<T>;
    constexpr int64_t taps = F::outputs;
    const int64_t side = taps * stride, phases = stride * stride;
    HWY_ALIGN T y[taps * taps * Size::columns];
    int64_t offset[Size::columns];
    for (int64_t j = 0; j < columns; ++j) {
      const int64_t channel = (column0 + j) / phases, phase = (column0 + j) % phases;
      offset[j] = channel * side * side + phase / stride * side + phase % stride;
    }
    for (int64_t i = 0; i < rows; ++i) {
      outputs_of_points<T, F>(points + i * Size::columns, y);
      T* row = data + (row0 + i) * row_stride;
      if (stride == 1) {
        pack_rows<taps * taps>(y, Size::columns, taps * taps, columns, row + column0 * taps * taps);
        continue;
      }
      for (int64_t j = 0; j < columns; ++j)
        for (int64_t u = 0; u < taps; ++u)
          for (int64_t v = 0; v < taps; ++v)
            row[offset[j] + (u * side + v) * stride] = y[(taps * u + v) * Size::columns + j];
    }
  }
};

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // toggled guard
