#include "gan/generated.h"

#include <algorithm>

namespace saddle {
namespace {

constexpr int64_t made_at_once = 128;

}  // namespace

void for_generated(Game& game, int64_t count,
                   const std::function<void(const Tensor& images, const Tensor& labels)>& f) {
  for (int64_t first = 0; first < count; first += made_at_once) {
    const int64_t n = std::min(made_at_once, count - first);
    Tensor labels = Tensor::empty({n}, DType::i64);
    for (int64_t i = 0; i < n; ++i) labels.data<int64_t>()[i] = (first + i) % game.classes();
    f(game.generate(game.latents(seeds_from(static_cast<uint64_t>(first), n)), labels), labels);
  }
}

}  // namespace saddle
