// Tiny labelled images on which classifiers are tried: a bright square in one of four corners, with noise.
#pragma once
#include "autograd/ops/random.h"
#include "gan/data/loader.h"
#include "gan/data/sources.h"
#include "gan/games/classifier.h"
#include "gan/networks/classifier.h"

namespace saddle::test {

/// u8 [count, 1, 8, 8], of classes 0, 1, 2, 3, 0, ..
inline std::shared_ptr<const Source> squares(int64_t count, uint64_t seed) {
  Generator random(seed);
  const auto noise = random_uniform({count, 8, 8}, random, 0, 100).to_vector<float>();
  std::vector<uint8_t> pixels(noise.size());
  std::vector<int64_t> labels;
  for (int64_t i = 0; i < count; ++i) {
    labels.push_back(i % 4);
    for (int64_t y = 0; y < 8; ++y)
      for (int64_t x = 0; x < 8; ++x) {
        const bool bright = (y / 4) * 2 + x / 4 == i % 4;
        const auto at = static_cast<size_t>((i * 8 + y) * 8 + x);
        pixels[at] = static_cast<uint8_t>(noise[at] + (bright ? 130.0f : 20.0f));
      }
  }
  return std::make_shared<ArraySource>("squares", "squares", Tensor::from(pixels, {count, 1, 8, 8}),
                                       Tensor::from(labels, {count}), std::vector<std::string>{});
}

/// Of this size, a multiple of 8.
inline Batch batch_of_squares(int64_t count, uint64_t seed, int64_t size = 8) {
  return Loader(squares(count, seed),
                {.batch = count, .size = size, .channels = 1, .shuffle = false, .prefetch = 0})
      .next();
}

inline std::unique_ptr<ClassifierGame> trained_on_squares(int64_t steps) {
  auto game = std::make_unique<ClassifierGame>(
      classifier_network({.size = 8, .channels = 1, .width = 8, .classes = 4}), 4,
      ClassifierGameOptions{.learning = {.lr = nn::constant_schedule(5e-3)}}, Device{});
  for (int64_t step = 0; step < steps; ++step)
    game->step({batch_of_squares(16, 100 + static_cast<uint64_t>(step))});
  return game;
}

}  // namespace saddle::test
