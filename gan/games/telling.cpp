#include "gan/games/telling.h"

#include "autograd/ops.h"
#include "gan/games/parts.h"

namespace saddle {

TellingGame::TellingGame(const AdversarialNetworks& networks, const AdversarialOptions& options,
                         Device device)
    : AdversarialGame(networks, options, device), classes_told_(options.task.classes), device_(device) {
  require<UsageError>(classes_told_ > 0, "game: there are no classes to tell");
}

Variable TellingGame::logits(const Variable& images) {
  return slice(evaluated(*networks()[1].second, images), 1, 1, 1 + classes_told_);
}

std::unique_ptr<Game> adversarial_game(const AdversarialNetworks& networks, const AdversarialOptions& options,
                                       Device device) {
  if (options.task.classes > 0) return std::make_unique<TellingGame>(networks, options, device);
  return std::make_unique<AdversarialGame>(networks, options, device);
}

}  // namespace saddle
