// What the commands under gan-train explore share: each makes pictures of latents that it chooses.
#pragma once
#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "gan/run/checkpoint.h"
#include "tools/gan_train/commands/commands.h"
#include "tools/gan_train/commands/option_flags.h"

namespace saddle {

/// What the option of classes means where pictures are made of each latent.
constexpr const char* one_below_the_other =
    "of models that are given classes: these, as in 3 or 0,4-6, one below the other; all if none is named";

struct ExploreArguments {
  std::string from, out, classes;
  std::string classes_flag;
  bool quiet = false;
  OptionFlags flags;

  /// Adds RUN|FILE, --out, --quiet and those of the device, and under this name the option of classes.
  void add(CLI::App& command, const std::string& flag, const std::string& help);
};

class Explored {
 public:
  /// Opens the generator. Throws UsageError where --out names no PNG, and for a model that makes no images or
  /// points of the plane.
  Explored(const ExploreArguments& args, Device device);

  const Checkpoint& checkpoint() const { return checkpoint_; }
  Game& game() const { return *game_; }
  /// Those asked for: all if none are named, none if the model knows none.
  const std::vector<int64_t>& classes() const { return classes_; }
  /// How many pictures there are of each latent.
  int64_t of_each() const { return classes_.empty() ? 1 : static_cast<int64_t>(classes_.size()); }
  /// The images of latents [N, ...]: of the first class, then of the second ...
  Tensor images(const Tensor& latents) const;

 private:
  Checkpoint checkpoint_;
  std::unique_ptr<Game> game_;
  std::vector<int64_t> classes_;
};

/// [N, ...] of each, one behind the other.
Tensor joined(const std::vector<Tensor>& latents);

Command add_explore_interpolate(CLI::App& explore);
Command add_explore_arithmetic(CLI::App& explore);
Command add_explore_truncate(CLI::App& explore);
Command add_explore_direction(CLI::App& explore);

}  // namespace saddle
