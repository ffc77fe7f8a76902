#include "kernels/axis_map.h"

#include <algorithm>

namespace saddle::kernels {

void AxisMap::push(std::span<const Tap> taps) {
  std::copy_if(taps.begin(), taps.end(), std::back_inserter(taps_),
               [](const Tap& tap) { return tap.weight != 0; });
  begin_.push_back(static_cast<int64_t>(taps_.size()));
}

std::span<const AxisMap::Tap> AxisMap::operator[](int64_t output) const {
  const int64_t* at = begin_.data() + output;
  return {taps_.data() + at[0], taps_.data() + at[1]};
}

bool AxisMap::same(int64_t output0, int64_t output1) const {
  const auto taps0 = (*this)[output0], taps1 = (*this)[output1];
  return std::equal(taps0.begin(), taps0.end(), taps1.begin(), taps1.end(),
                    [](const Tap& a, const Tap& b) { return a.source == b.source && a.weight == b.weight; });
}

AxisMap AxisMap::transposed() const {
  std::vector<std::vector<Tap>> readers(static_cast<size_t>(sources_));
  for (int64_t i = 0; i < outputs(); ++i)
    for (const Tap& tap : (*this)[i]) readers[static_cast<size_t>(tap.source)].push_back({i, tap.weight});
  AxisMap map(outputs());
  for (const std::vector<Tap>& taps : readers) map.push(taps);
  return map;
}

AxisMap AxisMap::times(const AxisMap& columns) const {
  AxisMap map(sources() * columns.sources());
  std::vector<Tap> taps;
  for (int64_t i = 0; i < outputs(); ++i)
    for (int64_t j = 0; j < columns.outputs(); ++j) {
      taps.clear();
      for (const Tap& row : (*this)[i])
        for (const Tap& column : columns[j])
          taps.push_back({row.source * columns.sources() + column.source, row.weight * column.weight});
      map.push(taps);
    }
  return map;
}

}  // namespace saddle::kernels
