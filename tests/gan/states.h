// What tests of games compare: states and the numbers of steps.
#pragma once
#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "gan/game.h"

namespace saddle::test {

/// On the host, in memory of its own.
inline NamedTensors cloned(const NamedTensors& state) {
  NamedTensors copy;
  for (const auto& [name, tensor] : state) copy.emplace_back(name, tensor.to(Device{}).clone());
  return copy;
}

inline bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() && std::memcmp(a.raw(), b.raw(), a.nbytes()) == 0;
}

/// Names of tensors that differ; both states lie on the host.
inline std::vector<std::string> differences(const NamedTensors& a, const NamedTensors& b) {
  REQUIRE(a.size() == b.size());
  std::vector<std::string> names;
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i].first != b[i].first || !same_bytes(a[i].second, b[i].second)) names.push_back(a[i].first);
  return names;
}
inline std::vector<std::string> differences(Game& a, Game& b) {
  return differences(cloned(a.state()), cloned(b.state()));
}

inline const std::vector<std::string> no_difference;

inline double value_of(const Scalars& scalars, const std::string& name) {
  for (const auto& [key, value] : scalars)
    if (key == name) return value;
  FAIL("no scalar " << name);
  return 0;
}

}  // namespace saddle::test
