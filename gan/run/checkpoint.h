// Checkpoints: one safetensors file holds everything that training goes on from, and enough to make its
// networks again without the run that it came from. Nothing in it depends on threads, device, paths or
// intervals, so that equal training gives equal bytes.
//
//   tensors     the game's state (`generator.0.weight`, `optimizer_g.…`, `random.…`) and the loader's
//   (`data.…`) metadata    `format`: saddle-checkpoint, `version`: 1, `model`, `step`, `settings`: TOML,
//   `data`: what the
//               source was, for people
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/named_tensors.h"
#include "gan/data/loader.h"
#include "gan/game.h"
#include "gan/run/run_folder.h"

namespace saddle {

struct Checkpoint {
  std::string origin;  ///< the file that it was read from, for messages
  std::string model;
  int64_t step = 0;      ///< finished
  std::string settings;  ///< as training_toml gives them
  std::string data;      ///< the source's description
  NamedTensors game, loader;
};

/// Writes all but `origin`, atomically: a checkpoint that was there before stays if this fails.
void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);
/// Throws Error that names the file if it is cut short, no checkpoint, or one of another format version.
Checkpoint load_checkpoint(const std::filesystem::path& path);

/// The run's newest checkpoint that is whole: the one that checkpoints/latest names, or else the newest one
/// before it that can be read; `warn` is told of each that can not. None if the run has none yet. Throws
/// Error if there are checkpoints but none can be read, and for one of another format version.
std::optional<Checkpoint> newest_checkpoint(const RunFolder& run,
                                            const std::function<void(const std::string&)>& warn);

/// The checkpoint that `path` names: a file, or the newest of a run, found as above. Throws Error if the run
/// has none.
Checkpoint open_checkpoint(const std::string& path, const std::function<void(const std::string&)>& warn);

/// All options of a run as the checkpoint has them; those that it does not hold have their defaults.
Settings settings_of(const Checkpoint& checkpoint);
/// Its game, with its state. Throws Error that names the file if this version has no such model or the
/// tensors are another's.
std::unique_ptr<Game> make_game(const Checkpoint& checkpoint, Device device);

/// Brings game and loader to where the checkpoint was. Throws Error that names the file for a checkpoint of
/// another model than `model`, and for tensors that do not fit.
void restore(const Checkpoint& checkpoint, const std::string& model, Game& game, Loader& loader);

/// Writes one network as a plain PyTorch state_dict: `generator.0.weight` as `0.weight`. With `ema` it is the
/// moving average of that network. Throws UsageError that lists the networks there are.
void export_network(const Checkpoint& checkpoint, const std::string& network, bool ema,
                    const std::filesystem::path& path);

}  // namespace saddle
