// Separable linear maps on the CPU. The taps of an output row are summed with vectors along the row. Along
// the columns a vector holds neighbouring outputs: their k-th taps read sources that lie close together, so
// a load or two and a shuffle fetch them, whatever the pattern (copies, repeats, mirrors, strides of up to
// two). Where the sources lie farther apart there are few outputs, and they are summed one by one. A small
// plane is taken as one row, so that vectors are full.
#include "kernels/resample.h"

#include <algorithm>

#include "core/thread_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/resample.cpp"
#include "hwy/foreach_target.h"

#include "kernels/cpu/vec-inl.h"

HWY_BEFORE_NAMESPACE();
namespace saddle::kernels::cpu::HWY_NAMESPACE {

/// The first lanes at p, of `available` >= 1 elements; lanes past them are 0.
template <class T>
HWY_INLINE Lanes<T> load_within(const T* p, int64_t available) {
  return available >= lanes<T>() ? Lanes<T>::load(p) : Lanes<T>::load(p, static_cast<size_t>(available));
}

/// The columns' map, prepared for vectors of outputs.
template <class T>
class ColumnPlan {
 public:
  explicit ColumnPlan(const AxisMap& map) : map_(map) {
    for (int64_t first = 0; first < map.outputs(); first += lanes<T>()) add_block(first);
  }

  int64_t sources() const { return map_.sources(); }
  int64_t outputs() const { return map_.outputs(); }
  /// Whether vectors do all of it.
  bool near() const {
    return std::all_of(blocks_.begin(), blocks_.end(), [](const Block& block) { return block.near; });
  }

  /// Of vectors, for one row.
  int64_t fetches() const { return static_cast<int64_t>(taps_.size()); }

  /// One row: x[sources] -> y[outputs].
  void apply(const T* x, T* y, T fill) const {
    for (const Block& block : blocks_)
      if (block.near)
        apply_near(block, x, y + block.first, fill);
      else
        apply_far(block, x, y, fill);
  }

 private:
  using N = Lanes<T>;
  using Tag = typename N::Tag;
  using Index = hn::TFromD<hn::RebindToSigned<Tag>>;

  struct Block {
    int64_t first, count;  // outputs
    int64_t taps, tap;     // the most that an output has, and where the first is prepared
    bool near;
  };
  /// The k-th taps of a block's outputs: lane l reads source base + index[l].
  struct Taps {
    HWY_ALIGN Index index[hn::MaxLanes(Tag())] = {};
    HWY_ALIGN T weight[hn::MaxLanes(Tag())] = {};  // 0 for an output that has fewer taps
    int64_t base = 0;
    bool wide = false;  // whether a source lies beyond the first vector
  };

  void add_block(int64_t first) {
    Block block{.first = first,
                .count = std::min(lanes<T>(), map_.outputs() - first),
                .taps = 0,
                .tap = static_cast<int64_t>(taps_.size()),
                .near = true};
    for (int64_t l = 0; l < block.count; ++l)
      block.taps = std::max(block.taps, static_cast<int64_t>(map_[first + l].size()));
    for (int64_t k = 0; k < block.taps && block.near; ++k)
      block.near = add_taps(block, static_cast<size_t>(k));
    if (!block.near) taps_.resize(static_cast<size_t>(block.tap));
    blocks_.push_back(block);
  }

  /// False if the sources lie too far apart for two vectors.
  bool add_taps(const Block& block, size_t k) {
    int64_t low = map_.sources(), high = 0;
    for (int64_t l = 0; l < block.count; ++l)
      if (const auto taps = map_[block.first + l]; k < taps.size()) {
        low = std::min(low, taps[k].source);
        high = std::max(high, taps[k].source);
      }
    if (high - low >= 2 * lanes<T>()) return false;
    Taps prepared;
    prepared.wide = high - low >= lanes<T>();
    // Whole vectors are loaded, so those that would end behind the row begin earlier.
    const int64_t loaded = (prepared.wide ? 2 : 1) * lanes<T>();
    prepared.base = std::min(low, std::max<int64_t>(0, map_.sources() - loaded));
    for (int64_t l = 0; l < block.count; ++l)
      if (const auto taps = map_[block.first + l]; k < taps.size()) {
        prepared.index[l] = static_cast<Index>(taps[k].source - prepared.base);
        prepared.weight[l] = static_cast<T>(taps[k].weight);
      }
    taps_.push_back(prepared);
    return true;
  }

  HWY_INLINE N fetch(const T* x, const Taps& taps) const {
    const hn::RebindToSigned<Tag> signed_tag;
    const int64_t size = lanes<T>(), available = map_.sources() - taps.base;
    const auto index = hn::Load(signed_tag, taps.index);
    const auto last = hn::Set(signed_tag, static_cast<Index>(size - 1));
    const auto lookup = [&](N vector) -> N {
      return hn::TableLookupLanes(vector.v, hn::IndicesFromVec(Tag(), hn::And(index, last)));
    };
    const N low = lookup(load_within(x + taps.base, available));
    if (!taps.wide) return low;
    const N high = lookup(load_within(x + taps.base + size, available - size));
    return select(LaneMask<T>{hn::RebindMask(Tag(), hn::Gt(index, last))}, high, low);
  }

  HWY_INLINE void apply_near(const Block& block, const T* x, T* y, T fill) const {
    N sum = hn::Set(Tag(), fill);
    for (int64_t k = 0; k < block.taps; ++k) {
      const Taps& taps = taps_[static_cast<size_t>(block.tap + k)];
      const N weight = N::load(taps.weight), source = fetch(x, taps);
      sum = select(weight == N(0), sum, k == 0 ? weight * source : fma(weight, source, sum));
    }
    block.count == lanes<T>() ? sum.store(y) : sum.store(y, static_cast<size_t>(block.count));
  }

  void apply_far(const Block& block, const T* x, T* y, T fill) const {
    for (int64_t i = block.first; i < block.first + block.count; ++i) {
      const auto taps = map_[i];
      T sum = taps.empty() ? fill : T{0};
      for (const AxisMap::Tap& tap : taps) sum += static_cast<T>(tap.weight) * x[tap.source];
      y[i] = sum;
    }
  }

  const AxisMap& map_;
  std::vector<Block> blocks_;
  std::vector<Taps> taps_;
};

/// y[v] = sum of weight * x[source * width + v] over the taps, of which there are some.
template <class T>
void combine_rows(std::span<const AxisMap::Tap> taps, const T* x, int64_t width, T* y) {
  using N = Lanes<T>;
  if (width <= lanes<T>()) {
    N sum = N(taps[0].weight) * load_within(x + taps[0].source * width, width);
    for (const AxisMap::Tap& tap : taps.subspan(1))
      sum = fma(N(tap.weight), load_within(x + tap.source * width, width), sum);
    return sum.store(y, static_cast<size_t>(width));
  }
  // Row by row: one stream through memory, which the prefetcher follows, gains more than sums in registers.
  for (const AxisMap::Tap& tap : taps) {
    const T* source = x + tap.source * width;
    const N weight(tap.weight);
    const bool first = &tap == taps.data();
    for (int64_t v = 0; v < width; v += lanes<T>()) {
      const N value = load_within(source + v, width - v);
      const N sum = first ? weight * value : fma(weight, value, load_within<T>(y + v, width - v));
      v + lanes<T>() <= width ? sum.store(y + v) : sum.store(y + v, static_cast<size_t>(width - v));
    }
  }
}

/// All planes, row by row.
template <class T>
void map_rows(const T* x, T* y, int64_t planes, const AxisMap& rows, const ColumnPlan<T>& plan, T fill) {
  const int64_t height = rows.outputs(), width = plan.outputs(), source_width = plan.sources();
  std::vector<char> repeats(static_cast<size_t>(height));  // whether a row equals the one above
  for (int64_t i = 1; i < height; ++i) repeats[static_cast<size_t>(i)] = rows.same(i - 1, i);
  const int64_t grain = std::max<int64_t>(1, 16384 / (width + source_width));
  parallel_for(planes * height, grain, [&](int64_t begin, int64_t end) {
    std::vector<T> combined(static_cast<size_t>(source_width));
    for (int64_t row = begin; row < end; ++row) {
      const int64_t i = row % height;
      const auto taps = rows[i];
      const T* from = x + row / height * rows.sources() * source_width;
      T* to = y + row * width;
      if (repeats[static_cast<size_t>(i)] && row > begin) {
        std::copy_n(to - width, width, to);
      } else if (taps.empty()) {
        std::fill_n(to, width, fill);
      } else if (taps.size() == 1 && taps[0].weight == 1) {
        plan.apply(from + taps[0].source * source_width, to, fill);
      } else {
        combine_rows(taps, from, source_width, combined.data());
        plan.apply(combined.data(), to, fill);
      }
    }
  });
}

int64_t most_taps(const AxisMap& map) {
  size_t most = 0;
  for (int64_t i = 0; i < map.outputs(); ++i) most = std::max(most, map[i].size());
  return static_cast<int64_t>(most);
}

void resample2d_lanes(const Tensor& x, Tensor& y, const AxisMap& rows, const AxisMap& columns, double fill) {
  constexpr int64_t small_plane = 1024;
  if (y.numel() == 0) return;
  const int64_t planes = x.size(0) * x.size(1);
  dispatch_float("resample2d", x.dtype(), [&]<class T>() {
    const auto map = [&](const AxisMap& along_rows, const ColumnPlan<T>& plan) {
      map_rows(x.data<T>(), y.data<T>(), planes, along_rows, plan, static_cast<T>(fill));
    };
    const ColumnPlan<T> plan(columns);
    const int64_t outputs = rows.outputs() * columns.outputs();
    const int64_t fetches = (outputs + lanes<T>() - 1) / lanes<T>() * most_taps(rows) * most_taps(columns);
    if (outputs <= small_plane && fetches <= rows.outputs() * plan.fetches()) {
      const AxisMap whole = rows.times(columns);
      AxisMap one_row(1);
      one_row.push({{0, 1}});
      if (const ColumnPlan<T> whole_plan(whole); whole_plan.near()) return map(one_row, whole_plan);
    }
    map(rows, plan);
  });
}

}  // namespace saddle::kernels::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace saddle::kernels::cpu {

HWY_EXPORT(resample2d_lanes);

void resample2d(const Tensor& x, Tensor& y, const AxisMap& rows, const AxisMap& columns, double fill) {
  HWY_DYNAMIC_DISPATCH(resample2d_lanes)(x, y, rows, columns, fill);
}

}  // namespace saddle::kernels::cpu
#endif  // HWY_ONCE
