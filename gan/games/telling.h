// Games whose discriminator tells classes, and so are classifiers too.
#pragma once
#include "gan/classifier.h"
#include "gan/games/adversarial.h"

namespace saddle {

/// An AdversarialGame with an auxiliary task whose first answers are logits of classes.
class TellingGame : public AdversarialGame, public Classifier {
 public:
  /// As AdversarialGame. Throws UsageError for a task without classes.
  TellingGame(const AdversarialNetworks& networks, const AdversarialOptions& options, Device device);

  int64_t class_count() const override { return classes_told_; }
  Device device() const override { return device_; }
  Variable logits(const Variable& images) override;

 private:
  int64_t classes_told_;
  Device device_;
};

/// A TellingGame if the task has classes, else an AdversarialGame.
std::unique_ptr<Game> adversarial_game(const AdversarialNetworks& networks, const AdversarialOptions& options,
                                       Device device);

}  // namespace saddle
