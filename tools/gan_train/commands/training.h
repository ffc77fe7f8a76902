// What train and resume share: from resolved settings to the exit code.
#pragma once
#include <memory>
#include <optional>

#include "gan/run/options.h"
#include "gan/run/trainer.h"
#include "tools/gan_train/commands/progress_display.h"

namespace saddle {

class Training {
 public:
  /// Opens the data and makes the game: what can be wrong with the settings is thrown here, before a run
  /// folder is made or changed.
  Training(Settings settings, bool quiet);

  /// With path, channels and all else resolved.
  const Settings& settings() const { return settings_; }
  /// Trains in `run`, which the caller has locked, on from the checkpoint if there is one. Returns the exit
  /// code.
  int run(const RunFolder& run, const std::optional<Checkpoint>& from);

 private:
  void announce(const RunFolder& run, int64_t step);

  Settings settings_;
  ProgressDisplay display_;
  Device device_;
  std::shared_ptr<const Source> source_;
  std::unique_ptr<Game> game_;
  std::optional<Loader> loader_;
};

}  // namespace saddle
