#include "gan/run/checkpoint.h"

#include <algorithm>
#include <charconv>

#include "core/error.h"
#include "core/io/file.h"
#include "core/io/safetensors.h"
#include "gan/run/options.h"

namespace saddle {
namespace {

constexpr const char* format_name = "saddle-checkpoint";
constexpr const char* format_version = "1";
constexpr const char* loader_prefix = "data.";

/// What the metadata and tensors of the file `origin` say.
Checkpoint parse(const std::string& origin, Safetensors file) {
  const auto text = [&](const char* key) {
    const auto found = file.metadata.find(key);
    require<Error>(found != file.metadata.end(), origin, ": the checkpoint's metadata lack '", key, "'");
    return found->second;
  };
  const auto format = file.metadata.find("format");
  require<Error>(format != file.metadata.end() && format->second == format_name, origin,
                 ": not a checkpoint: a safetensors file that holds something else");
  require<Error>(text("version") == format_version, origin, ": a checkpoint of format version ",
                 text("version"), ", this program reads version ", format_version);

  Checkpoint checkpoint{origin, text("model"), -1, text("settings"), text("data"), {}, {}};
  const std::string step = text("step");
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), checkpoint.step);
  require<Error>(error == std::errc() && end == step.data() + step.size() && checkpoint.step >= 0, origin,
                 ": the checkpoint's step is '", step, "'");
  for (auto& named : file.tensors)
    (named.first.starts_with(loader_prefix) ? checkpoint.loader : checkpoint.game)
        .push_back(std::move(named));
  return checkpoint;
}

/// Runs `f` and puts the file in front of what it throws. What a file says is never wrong usage.
template <class F>
auto naming(const std::string& origin, F&& f) {
  try {
    return f();
  } catch (const OutOfMemory&) {
    throw;
  } catch (const Error& e) {
    const std::string text = e.what();
    throw Error(text.starts_with(origin) ? text : origin + ": " + text);
  }
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  NamedTensors tensors = checkpoint.game;
  tensors.insert(tensors.end(), checkpoint.loader.begin(), checkpoint.loader.end());
  save_safetensors(path, tensors,
                   {{"format", format_name},
                    {"version", format_version},
                    {"model", checkpoint.model},
                    {"step", std::to_string(checkpoint.step)},
                    {"settings", checkpoint.settings},
                    {"data", checkpoint.data}});
}

Checkpoint load_checkpoint(const std::filesystem::path& path) {
  return parse(path.string(), load_safetensors(path));
}

std::optional<Checkpoint> newest_checkpoint(const RunFolder& run,
                                            const std::function<void(const std::string&)>& warn) {
  std::vector<int64_t> steps = run.checkpoints();
  const std::optional<int64_t> latest = run.latest();
  if (steps.empty()) {
    require<Error>(!latest, run.path().string(), ": its checkpoints are gone; the last was of step ",
                   latest.value_or(0));
    return std::nullopt;
  }
  std::ranges::reverse(steps);
  if (latest) {
    if (!std::ranges::count(steps, *latest)) warn(run.checkpoint_path(*latest).string() + " is missing");
    // Newer ones than the latest come last: they only serve where nothing else can be read.
    std::ranges::stable_partition(steps, [&](int64_t step) { return step <= *latest; });
  }
  std::string first_reason;
  for (const int64_t step : steps) {
    const std::filesystem::path path = run.checkpoint_path(step);
    Safetensors file;
    try {
      file = load_safetensors(path);
    } catch (const OutOfMemory&) {
      throw;
    } catch (const Error& e) {
      if (first_reason.empty()) first_reason = e.what();
      if (steps.size() > 1) warn(concat(e.what(), "; trying an older checkpoint"));
      continue;
    }
    return parse(path.string(), std::move(file));
  }
  throw Error(first_reason + "; the run has no checkpoint that can be read");
}

Checkpoint open_checkpoint(const std::string& path, const std::function<void(const std::string&)>& warn) {
  if (!is_folder(path)) return load_checkpoint(path);
  std::optional<Checkpoint> newest = newest_checkpoint(RunFolder::open(path), warn);
  require<Error>(newest.has_value(), path, ": the run has no checkpoint yet");
  return std::move(*newest);
}

Settings settings_of(const Checkpoint& checkpoint) {
  return naming(checkpoint.origin, [&] {
    Settings settings = run_settings(find_model(checkpoint.model));
    settings.read_toml(checkpoint.settings, "settings");
    return settings;
  });
}

std::unique_ptr<Game> make_game(const Checkpoint& checkpoint, Device device) {
  const Settings settings = settings_of(checkpoint);
  return naming(checkpoint.origin, [&] {
    std::unique_ptr<Game> game = find_model(checkpoint.model).make(settings, device);
    game->load_state(checkpoint.game);
    return game;
  });
}

void restore(const Checkpoint& checkpoint, const std::string& model, Game& game, Loader& loader) {
  require<Error>(checkpoint.model == model, checkpoint.origin, ": a checkpoint of the model ",
                 checkpoint.model, ", not of ", model);
  naming(checkpoint.origin, [&] {
    game.load_state(checkpoint.game);
    loader.load_state(checkpoint.loader);
  });
}

void export_network(const Checkpoint& checkpoint, const std::string& network, bool ema,
                    const std::filesystem::path& path) {
  const std::unique_ptr<Game> game = make_game(checkpoint, Device{});
  const std::string wanted = ema ? network + "_ema" : network;
  std::string names;
  for (const auto& [name, module] : game->networks()) {
    if (name == wanted) {
      // `format` is what PyTorch's own writers of the format put there.
      save_safetensors(path, module->state_dict(),
                       {{"format", "pt"},
                        {"model", checkpoint.model},
                        {"network", name},
                        {"step", std::to_string(checkpoint.step)}});
      return;
    }
    names += (names.empty() ? "" : ", ") + name;
  }
  throw UsageError(concat(checkpoint.origin, ": has no network '", wanted, "'; it has ", names));
}

}  // namespace saddle
