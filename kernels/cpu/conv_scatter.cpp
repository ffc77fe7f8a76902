#include "kernels/cpu/conv_scatter.h"

#include <numeric>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/conv_scatter.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/conv_taps.h"
#include "kernels/cpu/panels-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// How a gradient is cut. A block is a few channels, whose taps of one kernel row fill panels of the weights;
/// a band is so many rows of gx that a block's z and the pixels behind it stay in L2. Where bands
/// are few, the blocks are dealt to several groups, each of which packs the band's pixels for itself.
template <class T>
struct ScatterPlan {
  using Size = TileSize<T>;
  int64_t block_channels, blocks, lanes, panels;  // lanes (c, v) of a block, panels of them, each kernel row
  int64_t groups, bands, band_rows;
  int64_t seen_rows;  // of gy by a band, at most

  explicit ScatterPlan(const ConvGeometry& g) {
    constexpr int64_t bytes = 640 << 10, most_lanes = 160, least_panels = 8, least_rows = 4;
    const int64_t filling = Size::rows / std::gcd(Size::rows, g.kernel[1]);
    block_channels = std::clamp<int64_t>(std::min(filling, most_lanes / g.taps()), 1, g.in);
    blocks = ceil_div(g.in, block_channels);
    lanes = block_channels * g.kernel[1];
    panels = ceil_div(lanes, Size::rows);

    const int64_t stride = g.stride[0], rows = ceil_div(g.image[0], stride);
    const int64_t border = ceil_div((g.kernel[0] - 1) * g.dilation[0], stride);
    const int64_t elements = bytes / static_cast<int64_t>(sizeof(T)) / g.output[1] - border * g.out;
    const int64_t fitting = std::max<int64_t>(1, elements / (g.out + g.kernel[0] * lanes));
    const int64_t wanted_tasks = 4 * num_threads();
    bands = ceil_div(rows, fitting);
    const int64_t panels_in_all = blocks * g.kernel[0] * panels;
    groups = std::clamp<int64_t>(
        std::min(ceil_div(wanted_tasks, g.images * bands), std::min(blocks, panels_in_all / least_panels)), 1,
        blocks);
    bands = std::max(bands, std::min(ceil_div(wanted_tasks, g.images * groups), ceil_div(rows, least_rows)));
    const int64_t band = ceil_div(rows, bands);
    bands = ceil_div(rows, band);
    band_rows = band * stride;
    seen_rows = std::min(band + border + 1, g.output[0]);
  }
};

template <class T>
class ScatteredGradient {
 public:
  ScatteredGradient(const Tensor& gy, const Tensor& w, Tensor& gx, const ConvGeometry& g)
      : gy_(gy.data<T>()), gx_(gx.data<T>()), g_(g), plan_(g) {
    for (int64_t phase = 0; phase < g.stride[0]; ++phase) rows_.push_back(gradient_taps(g, 0, phase));
    for (int64_t residue = 0; residue < g.stride[1]; ++residue)
      columns_.push_back(gradient_taps(g, 1, (residue + g.padding[1]) % g.stride[1]));
    pack_weights(w.data<T>());
  }

  void run() const {
    const int64_t tasks = g_.images * plan_.bands * plan_.groups;
    Workspace<T> workspace(tasks, pixel_elements() + z_elements());
    parallel_for(tasks, 1, [&](int64_t begin, int64_t end) {
      const typename Workspace<T>::Piece piece(workspace);
      for (int64_t i = begin; i < end; ++i)
        scatter(i / plan_.groups / plan_.bands, i / plan_.groups % plan_.bands, i % plan_.groups,
                piece.data());
    });
  }

 private:
  using Size = TileSize<T>;
  using D = hn::ScalableTag<T>;
  static constexpr int64_t vector = Size::vector, line = line_up<T>(1);

  // A cache line more than whole lines: rows and panels at a distance of whole pages would all fall into one
  // set of the cache.
  int64_t pixels_pitch() const { return line_up<T>(g_.out * Size::columns) + line; }
  int64_t seen_panels() const { return ceil_div(plan_.seen_rows * g_.output[1], Size::columns); }
  int64_t pixel_elements() const { return seen_panels() * pixels_pitch(); }
  int64_t z_pitch() const { return seen_panels() * Size::columns + line; }
  /// With room before and behind, where masked vectors begin and end.
  int64_t z_elements() const { return g_.kernel[0] * plan_.lanes * z_pitch() + 2 * line_up<T>(vector); }

  /// Rows of gy which kernel row u adds to rows of gx.
  Range seen_by(int64_t u, Range rows) const {
    const auto first_behind = [&](int64_t row) {
      const int64_t distance = row + g_.padding[0] - u * g_.dilation[0];
      return distance <= 0 ? 0 : std::min(ceil_div(distance, g_.stride[0]), g_.output[0]);
    };
    return {first_behind(rows.begin), first_behind(rows.end)};
  }

  int64_t channels_of(int64_t block) const {
    return std::min(plan_.block_channels, g_.in - block * plan_.block_channels);
  }

  /// [block][kernel row][panel][o][lane].
  const T* weights(int64_t block, int64_t u) const {
    return weights_.data<T>() + (block * g_.kernel[0] + u) * plan_.panels * g_.out * Size::rows;
  }
  void pack_weights(const T* w) {
    weights_ = Tensor::empty({plan_.blocks, g_.kernel[0], plan_.panels, g_.out * Size::rows}, dtype_of<T>);
    T* const packed = weights_.data<T>();
    parallel_for(plan_.blocks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin * g_.kernel[0] * plan_.panels; i < end * g_.kernel[0] * plan_.panels; ++i) {
        const int64_t panel = i % plan_.panels, u = i / plan_.panels % g_.kernel[0],
                      block = i / plan_.panels / g_.kernel[0];
        const int64_t lane0 = panel * Size::rows;
        const int64_t count = std::min(Size::rows, channels_of(block) * g_.kernel[1] - lane0);
        int64_t offset[Size::rows];
        for (int64_t l = 0; l < count; ++l) {
          const int64_t channel = block * plan_.block_channels + (lane0 + l) / g_.kernel[1];
          offset[l] = channel * g_.taps() + u * g_.kernel[1] + (lane0 + l) % g_.kernel[1];
        }
        const T* from = w;
        T* out = packed + i * g_.out * Size::rows;
        for (int64_t o = 0; o < g_.out; ++o, from += g_.in * g_.taps(), out += Size::rows)
          for (int64_t l = 0; l < count; ++l) out[l] = from[offset[l]];
      }
    });
  }

  /// Panels of pixels that lie one after another in each channel.
  void pack_pixels(const T* from, int64_t count, T* to) const {
    const D d;
    for (int64_t o = 0; o < g_.out; ++o, from += g_.output_pixels(), to += Size::columns) {
      T* out = to;
      int64_t i = 0;
      for (; i + Size::columns <= count; i += Size::columns, out += pixels_pitch()) {
        hn::Store(hn::LoadU(d, from + i), d, out);
        hn::Store(hn::LoadU(d, from + i + vector), d, out + vector);
      }
      if (i < count) std::fill(std::copy(from + i, from + count, out), out + Size::columns, T(0));
    }
  }

  void scatter(int64_t image, int64_t band, int64_t group, T* memory) const {
    const Range rows{band * plan_.band_rows, std::min((band + 1) * plan_.band_rows, g_.image[0])};
    std::array<Range, most_scattered_taps> seen;
    Range all{g_.output[0], 0};
    for (int64_t u = 0; u < g_.kernel[0]; ++u) {
      const Range own = seen[static_cast<size_t>(u)] = seen_by(u, rows);
      if (own.size() > 0) all = {std::min(all.begin, own.begin), std::max(all.end, own.end)};
    }
    const int64_t pixels = std::max<int64_t>(0, all.size() * g_.output[1]);
    T *const b = memory, *const z = b + pixel_elements() + line_up<T>(vector);
    pack_pixels(gy_ + image * g_.out * g_.output_pixels() + all.begin * g_.output[1], pixels, b);
    const std::vector<Sources> sources = sources_of(rows, all.begin);
    const int64_t share = ceil_div(plan_.blocks, plan_.groups);
    for (int64_t block = group * share; block < std::min((group + 1) * share, plan_.blocks); ++block) {
      for (int64_t u = 0; u < g_.kernel[0]; ++u)
        multiply(block, u, seen[static_cast<size_t>(u)], all, b, z + u * plan_.lanes * z_pitch());
      for (int64_t c = 0; c < channels_of(block); ++c) {
        T* to = gx_ + (image * g_.in + block * plan_.block_channels + c) * g_.image_pixels();
        add_rows(z + c * g_.kernel[1] * z_pitch(), sources, to + rows.begin * g_.image[1]);
      }
    }
  }

  /// z of a kernel row, for the panels that hold its rows of gy.
  void multiply(int64_t block, int64_t u, Range seen, Range all, const T* b, T* z) const {
    const int64_t pixels = all.size() * g_.output[1], lanes = channels_of(block) * g_.kernel[1];
    const Range columns{(seen.begin - all.begin) * g_.output[1] / Size::columns,
                        ceil_div((seen.end - all.begin) * g_.output[1], Size::columns)};
    if (seen.size() <= 0) return;
    for (int64_t k0 = 0; k0 < g_.out; k0 += block_k<T>)
      for (int64_t lane = 0; lane < lanes; lane += Size::rows) {
        const T* a = weights(block, u) + lane * g_.out + k0 * Size::rows;
        for (int64_t j = columns.begin; j < columns.end; ++j)
          tile_function<T, int64_t>(std::min(Size::rows, lanes - lane),
                                    std::min(Size::columns, pixels - j * Size::columns))(
              std::min(block_k<T>, g_.out - k0), a, b + j * pixels_pitch() + k0 * Size::columns,
              z + lane * z_pitch() + j * Size::columns, z_pitch(), k0 > 0);
      }
  }

  /// Where the rows of z begin that add to a row of gx, from that of a channel's first tap.
  struct Sources {
    std::array<int64_t, most_scattered_taps> offset;
    size_t count;
  };
  std::vector<Sources> sources_of(Range rows, int64_t first_seen) const {
    std::vector<Sources> result;
    for (int64_t row = rows.begin; row < rows.end; ++row) {
      Sources& sources = result.emplace_back();
      const AxisTaps& taps = rows_[static_cast<size_t>((row + g_.padding[0]) % g_.stride[0])];
      for (const Tap& tap : taps.taps) {
        const int64_t i = (row - taps.first) / g_.stride[0] + tap.offset;
        if (i >= 0 && i < g_.output[0])
          sources.offset[sources.count++] =
              tap.index * plan_.lanes * z_pitch() + (i - first_seen) * g_.output[1];
      }
    }
    return result;
  }

  /// Positions of a residue modulo the stride, a vector of them: which elements of a row of z each tap adds.
  struct Reads {
    std::array<hn::Mask<D>, most_scattered_taps> inside;
    std::array<int64_t, most_scattered_taps> offset;
    size_t count;

    Reads(const AxisTaps& columns, int64_t first, int64_t width, int64_t pitch) : count(columns.taps.size()) {
      const D d;
      const auto clip = [](int64_t n) { return static_cast<size_t>(std::clamp<int64_t>(n, 0, vector)); };
      for (size_t v = 0; v < count; ++v) {
        const Tap& tap = columns.taps[v];
        const int64_t column = first + tap.offset;
        inside[v] = hn::AndNot(hn::FirstN(d, clip(-column)), hn::FirstN(d, clip(width - column)));
        offset[v] = tap.index * pitch + column;
      }
    }
    HWY_INLINE hn::Vec<D> sum(const T* z, const Sources& sources) const {
      const D d;
      auto result = hn::Zero(d);
      for (size_t v = 0; v < count; ++v)
        for (size_t u = 0; u < sources.count; ++u)
          result = hn::Add(result, hn::MaskedLoad(inside[v], d, z + sources.offset[u] + offset[v]));
      return result;
    }
  };

  /// Rows of a channel of gx, from its z. Masks are formed once for all rows.
  void add_rows(const T* z, const std::vector<Sources>& rows, T* to) const {
    const int64_t width = g_.image[1], stride = g_.stride[1];
    const D d;
    const auto reads = [&](int64_t residue, int64_t first) {
      return Reads(columns_[static_cast<size_t>(residue)], first, g_.output[1], z_pitch());
    };
    if constexpr (vector > 1) {
      if (stride == 2) {
        HWY_ALIGN T both[2 * vector];
        for (int64_t j = 0; j < width; j += 2 * vector) {
          const Reads even = reads(0, j / 2), odd = reads(1, j / 2);
          T* out = to + j;
          for (const Sources& row : rows) {
            const bool whole = j + 2 * vector <= width;
            hn::StoreInterleaved2(even.sum(z, row), odd.sum(z, row), d, whole ? out : both);
            if (!whole) std::copy_n(both, width - j, out);
            out += width;
          }
        }
        return;
      }
    }
    HWY_ALIGN T sums[vector];
    for (int64_t residue = 0; residue < stride; ++residue)
      for (int64_t i = 0; i * stride + residue < width; i += vector) {
        const Reads own = reads(residue, i);
        const int64_t count = std::min(vector, ceil_div(width - residue, stride) - i);
        T* out = to + i * stride + residue;
        for (const Sources& row : rows) {
          const bool whole = stride == 1 && count == vector;
          hn::StoreU(own.sum(z, row), d, whole ? out : sums);
          for (int64_t l = 0; l < count && !whole; ++l) out[l * stride] = sums[l];
          out += width;
        }
      }
  }

  const T* gy_;
  T* gx_;
  const ConvGeometry& g_;
  ScatterPlan<T> plan_;
  std::vector<AxisTaps> rows_, columns_;  // by phase, and by residue
  Tensor weights_;
};

void conv2d_input_grad_scattered_lanes(const Tensor& gy, const Tensor& w, Tensor& gx, const ConvGeometry& g) {
  dispatch_float("conv2d_input_grad", gx.dtype(),
                 [&]<class T>() { ScatteredGradient<T>(gy, w, gx, g).run(); });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

bool scatters(const ConvGeometry& g, DType dtype) {
  constexpr int64_t least_pixels = 64, least_out = 16, few_channels = 6;
  constexpr auto most = static_cast<int64_t>(most_scattered_taps);
  if (g.groups != 1 || g.output_pixels() < least_pixels || g.out < least_out || g.taps() == 1 ||
      std::max(g.kernel[0], g.kernel[1]) > most)
    return false;
  if (g.in <= few_channels && g.kernel[1] >= 3 && g.in * g.kernel[1] <= g.out) return true;
  const std::array<int64_t, 2> phase{g.image[0] / g.stride[0], g.image[1] / g.stride[1]};
  return g.stride[0] * g.stride[1] > 1 && filtering_of(g, phase, dtype) == Filtering::none;
}

HWY_EXPORT(conv2d_input_grad_scattered_lanes);
void conv2d_input_grad_scattered(const Tensor& gy, const Tensor& w, Tensor& gx, const ConvGeometry& g) {
  HWY_DYNAMIC_DISPATCH(conv2d_input_grad_scattered_lanes)(gy, w, gx, g);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
