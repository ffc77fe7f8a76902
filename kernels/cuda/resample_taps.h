// Axis maps as the kernels of resample.cu read them, and how the host prepares them.
#pragma once
#include <cstring>
#include <tuple>
#include <utility>

#include "kernels/axis_map.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/tables.h"

namespace saddle::kernels::SADDLE_GPU_DEVICE {

inline int64_t most_taps(const AxisMap& map) {
  size_t most = 0;
  for (int64_t i = 0; i < map.outputs(); ++i) most = std::max(most, map[i].size());
  return static_cast<int64_t>(most);
}

inline bool has_gaps(const AxisMap& map) {
  for (int64_t i = 0; i < map.outputs(); ++i)
    if (map[i].empty()) return true;
  return false;
}

/// `values` on the device, with the tensor that holds them.
template <class V>
std::pair<Tensor, const V*> to_device(Device device, const std::vector<V>& values) {
  Tensor table = device_table(device, std::as_bytes(std::span(values)));
  const auto* p = reinterpret_cast<const V*>(table.data<uint8_t>());
  return {std::move(table), p};
}

/// An output's taps where no output has more than K. What is missing has weight 0, except that one tap of two
/// is halved.
template <class T, int K>
struct alignas(16) FewTaps {
  T weight[K];
  int source[K];
};

template <class T, int K>
std::vector<FewTaps<T, K>> few_taps_of(const AxisMap& map) {
  std::vector<FewTaps<T, K>> outputs(static_cast<size_t>(map.outputs()));
  // Tables are known by their bytes, those that fill up a structure included.
  std::memset(outputs.data(), 0, outputs.size() * sizeof(outputs[0]));
  for (int64_t i = 0; i < map.outputs(); ++i) {
    FewTaps<T, K>& output = outputs[static_cast<size_t>(i)];
    const auto taps = map[i];
    for (size_t k = 0; k < taps.size(); ++k) {
      output.weight[k] = static_cast<T>(taps[k].weight);
      output.source[k] = static_cast<int>(taps[k].source);
    }
    if (K == 2 && taps.size() == 1) {  // x / 2 + x / 2 is x; 0 times an infinite x would not be 0
      output.weight[0] /= 2;
      output.weight[1] = output.weight[0];
      output.source[1] = output.source[0];
    }
  }
  return outputs;
}

/// Any number of taps: output i has [begin[i], begin[i + 1]).
template <class T>
struct Taps {
  const T* weight;
  const int *begin, *source;
  int outputs, sources;
};

/// A map's taps on the device, for as long as it lives.
template <class T>
class DeviceTaps {
 public:
  DeviceTaps(Device device, const AxisMap& map) {
    std::vector<T> weight;
    std::vector<int> begin{0}, source;
    for (int64_t i = 0; i < map.outputs(); ++i) {
      for (const AxisMap::Tap& tap : map[i]) {
        weight.push_back(static_cast<T>(tap.weight));
        source.push_back(static_cast<int>(tap.source));
      }
      begin.push_back(static_cast<int>(source.size()));
    }
    std::tie(tables_[0], taps_.weight) = to_device(device, weight);
    std::tie(tables_[1], taps_.begin) = to_device(device, begin);
    std::tie(tables_[2], taps_.source) = to_device(device, source);
    taps_.outputs = static_cast<int>(map.outputs());
    taps_.sources = static_cast<int>(map.sources());
  }

  const Taps<T>& operator*() const { return taps_; }

 private:
  Tensor tables_[3];
  Taps<T> taps_{};
};

/// How rows are cut into tiles: a tile's outputs read columns [span[2 t], span[2 t] + span[2 t + 1]).
struct Tiles {
  const int* span;
  int outputs;  // of a tile
  int width;    // of the widest span
};

/// For each `outputs` outputs, the first source that they read and how many lie from there to the last.
inline std::vector<int> spans_of(const AxisMap& map, int64_t outputs) {
  std::vector<int> spans;
  for (int64_t begin = 0; begin < map.outputs(); begin += outputs) {
    int64_t low = map.sources(), high = 0;
    for (int64_t j = begin; j < std::min(begin + outputs, map.outputs()); ++j)
      for (const AxisMap::Tap& tap : map[j]) {
        low = std::min(low, tap.source);
        high = std::max(high, tap.source + 1);
      }
    spans.push_back(static_cast<int>(low < high ? low : 0));
    spans.push_back(static_cast<int>(std::max<int64_t>(high - low, 0)));
  }
  return spans;
}

inline int64_t widest(const std::vector<int>& spans) {
  int most = 1;
  for (size_t i = 1; i < spans.size(); i += 2) most = std::max(most, spans[i]);
  return most;
}

/// A map as two: first sums of at most `piece` taps, then sums of those.
inline std::pair<AxisMap, AxisMap> in_pieces(const AxisMap& map, size_t piece) {
  AxisMap pieces(map.sources());
  std::vector<std::vector<AxisMap::Tap>> sums;
  for (int64_t i = 0; i < map.outputs(); ++i) {
    sums.emplace_back();
    for (auto taps = map[i]; !taps.empty(); taps = taps.subspan(std::min(piece, taps.size()))) {
      sums.back().push_back({pieces.outputs(), 1});
      pieces.push(taps.first(std::min(piece, taps.size())));
    }
  }
  AxisMap whole(pieces.outputs());
  for (const auto& taps : sums) whole.push(taps);
  return {pieces, whole};
}

}  // namespace saddle::kernels::SADDLE_GPU_DEVICE
