// What several commands share.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "gan/classifier.h"
#include "gan/game.h"
#include "gan/run/checkpoint.h"
#include "tools/gan_train/commands/option_flags.h"

namespace saddle {

using Warn = std::function<void(const std::string&)>;

/// Writes `gan-train: warning: …` to standard error; nothing if `quiet`.
Warn warnings(bool quiet);

/// Applies compute_options() as the command line gave them (apply_compute_options), and gives their device.
Device compute_device(const OptionFlags& flags);

/// An option that takes a whole number from `least` to `most`; its value is the default, which help shows.
CLI::Option* add_whole(CLI::App& command, const std::string& flag, int64_t& value, const std::string& help,
                       int64_t least, int64_t most);
/// `--seed`.
CLI::Option* add_seed(CLI::App& command, int64_t& seed, const std::string& help);

/// Throws UsageError unless the path that `--out` names ends in .png; `what` is written there.
void require_png(const std::string& out, const char* what);

/// Throws UsageError that begins with `origin`, the generator's, unless a classifier was trained on images of
/// the size and channels that the generator makes.
void require_same_images(const std::string& origin, const Settings& generator, const Settings& classifier);

/// A model that tells classes, out of a checkpoint.
struct TrainedClassifier {
  std::unique_ptr<Game> game;
  Classifier& classifier;  ///< which the game is
  Settings settings;

  /// From a run folder or a checkpoint. Throws UsageError for a model that tells no classes.
  static TrainedClassifier open(const std::string& from, Device device, bool quiet);
};

/// Numbers that a network learns.
int64_t parameter_count(const nn::Module& network);

/// `1,234,567`.
std::string with_commas(int64_t n);

}  // namespace saddle
