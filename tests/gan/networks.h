// What the tests of networks share.
#pragma once
#include <string>
#include <vector>

#include "autograd/ops/random.h"
#include "core/error.h"
#include "nn/module.h"

namespace saddle::test {

using Names = std::vector<std::string>;

/// `0.weight [100,512,4,4]`, …
inline Names layers(const nn::Module& network) {
  Names all;
  for (const auto& [name, tensor] : network.state_dict()) all.push_back(name + " " + tensor.shape().str());
  return all;
}

/// `layer`: a position or a path.
inline void add_batch_norm(Names& names, const std::string& layer, int64_t channels) {
  for (const char* name : {".weight", ".bias", ".running_mean", ".running_var"})
    names.push_back(concat(layer, name, " [", channels, "]"));
  names.push_back(layer + ".num_batches_tracked []");
}
inline void add_batch_norm(Names& names, int at, int64_t channels) {
  add_batch_norm(names, std::to_string(at), channels);
}

inline Variable noise(const Shape& shape, DType dtype = DType::f32) {
  Generator generator(5);
  return random_normal(shape, generator, {.dtype = dtype});
}

/// Classes of samples.
inline Variable labels(const std::vector<int64_t>& values) {
  return Tensor::from(values, {static_cast<int64_t>(values.size())});
}

inline std::vector<float> values_of(const Variable& x) {
  return x.value().to_vector<float>();
}

}  // namespace saddle::test
