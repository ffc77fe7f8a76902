// The currency of state: an ordered list of named tensors.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "core/tensor.h"

namespace saddle {

using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

/// The tensor of that name, or nullptr.
inline const Tensor* find(const NamedTensors& tensors, const std::string& name) {
  for (const auto& [key, tensor] : tensors)
    if (key == name) return &tensor;
  return nullptr;
}

}  // namespace saddle
