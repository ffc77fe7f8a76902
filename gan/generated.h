// Images of known classes from a generator.
#pragma once
#include <functional>

#include "gan/game.h"

namespace saddle {

/// Gives `f` images that a game of classes makes, `count` in all and few at a time, which bounds the memory
/// that it takes, each with the class that was asked for: image i is that of seed i and of class i modulo
/// their number.
void for_generated(Game& game, int64_t count,
                   const std::function<void(const Tensor& images, const Tensor& labels)>& f);

}  // namespace saddle
