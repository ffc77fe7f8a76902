// Every model as small as it can be, and images to train it with.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "gan/game.h"
#include "gan/settings.h"

namespace saddle::test {

/// Names of all models, in the order of the table.
std::vector<std::string> all_models();

inline bool has(const Settings& settings, const std::string& option) {
  return settings.find(option) != nullptr;
}

/// As small as the model can be.
Settings settings_of(const std::string& model);
/// The same with all that a state must hold: moving average, several updates of the discriminator, a moving
/// learning rate.
Settings eventful(const std::string& model);

inline std::unique_ptr<Game> game_of(const std::string& model, const Settings& settings, Device device = {}) {
  return find_model(model).make(settings, device);
}

/// Batches for step number `step`, as a loader would give them.
std::vector<Batch> batches_for(const Game& game, const Settings& settings, int step);
/// Steps from number `from` up to `to`; the numbers of the last.
Scalars train(Game& game, const Settings& settings, int from, int to);

}  // namespace saddle::test
