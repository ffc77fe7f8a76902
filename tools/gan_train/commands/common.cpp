#include "tools/gan_train/commands/common.h"

#include <filesystem>
#include <iostream>

#include "core/error.h"
#include "gan/run/options.h"

namespace saddle {
namespace {

std::string image_extents(const Settings& settings) {
  return concat(settings.integer("size"), 'x', settings.integer("size"), 'x', settings.integer("channels"));
}

}  // namespace

Warn warnings(bool quiet) {
  if (quiet) return [](const std::string&) {};
  return [](const std::string& text) { std::cerr << "gan-train: warning: " << text << '\n'; };
}

Device compute_device(const OptionFlags& flags) {
  Settings compute(compute_options());
  flags.apply(compute);
  return apply_compute_options(compute);
}

CLI::Option* add_whole(CLI::App& command, const std::string& flag, int64_t& value, const std::string& help,
                       int64_t least, int64_t most) {
  return command.add_option(flag, value, help)
      ->type_name("N")
      ->check(CLI::Range(least, most))
      ->capture_default_str();
}

CLI::Option* add_seed(CLI::App& command, int64_t& seed, const std::string& help) {
  return add_whole(command, "--seed", seed, help, 0, int64_t{1} << 53)->type_name("S");
}

void require_png(const std::string& out, const char* what) {
  require<UsageError>(std::filesystem::path(out).extension() == ".png", "--out ", out, ": the ", what,
                      " is a PNG and its name ends in .png");
}

void require_same_images(const std::string& origin, const Settings& generator, const Settings& classifier) {
  const std::string made = image_extents(generator), told = image_extents(classifier);
  require<UsageError>(made == told, origin, ": makes images of ", made, ", the classifier was trained on ",
                      told, "; it takes the options --size and --channels");
}

TrainedClassifier TrainedClassifier::open(const std::string& from, Device device, bool quiet) {
  const Checkpoint checkpoint = open_checkpoint(from, warnings(quiet));
  std::unique_ptr<Game> game = make_game(checkpoint, device);
  Classifier& classifier = classifier_in(*game, from);
  return {std::move(game), classifier, settings_of(checkpoint)};
}

int64_t parameter_count(const nn::Module& network) {
  int64_t count = 0;
  for (const Variable& parameter : network.parameters()) count += parameter.numel();
  return count;
}

std::string with_commas(int64_t n) {
  const std::string digits = std::to_string(n);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace saddle
