#include "gan/augment/places.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "autograd/ops/elementwise.h"
#include "autograd/ops/random.h"

namespace saddle {

const Tensor& Places::operator()(int64_t count, Device device) {
  Tensor& places = held_[count];
  if (!places.defined() || places.device() != device) {
    std::vector<float> values(static_cast<size_t>(count));
    std::iota(values.begin(), values.end(), 0.0f);
    places = Tensor::from(values, {count}, device);
  }
  return places;
}

Variable random_whole(const Shape& shape, int64_t low, int64_t high, Generator& random, Device device) {
  const auto count = static_cast<double>(high - low + 1);
  const Variable numbers = random_uniform(shape, random, 0, count, {.device = device});
  // Conversion truncates, which rounds these down: none is negative.
  const Variable whole = cast(cast(numbers, DType::i64), DType::f32);
  return clamp(whole, 0, count - 1) + static_cast<double>(low);
}

}  // namespace saddle
