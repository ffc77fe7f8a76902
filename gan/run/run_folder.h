// A run: the folder that holds what one training gives.
//
//   config.toml                            all settings
//   log.jsonl                              a line an interval (gan/run/log.h)
//   samples/step-000100.png                grids of samples
//   checkpoints/step-000100.safetensors    everything that training goes on from (gan/run/checkpoint.h)
//   checkpoints/latest                     the name of the newest of them
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace saddle {

class RunFolder {
 public:
  /// Makes the folder, and those above it, with `config` in its config.toml. Throws Error for a path that
  /// exists, unless it is an empty folder, and where nothing can be written.
  static RunFolder create(const std::filesystem::path& path, const std::string& config);
  /// Throws Error for what is no run.
  static RunFolder open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config_path() const { return path_ / "config.toml"; }
  std::filesystem::path log_path() const { return path_ / "log.jsonl"; }
  std::filesystem::path sample_path(int64_t step) const;
  std::filesystem::path checkpoint_path(int64_t step) const;

  std::string config() const;
  /// Replaces config.toml atomically.
  void set_config(const std::string& config) const;

  /// Grids of samples, in the order of their steps.
  std::vector<std::filesystem::path> samples() const;
  /// Steps of the checkpoints there are, whole or not, ascending.
  std::vector<int64_t> checkpoints() const;
  /// The step that checkpoints/latest names; none if that file is missing or names no checkpoint.
  std::optional<int64_t> latest() const;
  /// Replaces checkpoints/latest atomically.
  void set_latest(int64_t step) const;

 private:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
};

/// Holds a run for its own lifetime, so that no two processes train in it. A process that is killed holds
/// nothing.
class RunLock {
 public:
  /// Removes unfinished files that a killed process left. Throws Error if another process holds the run.
  explicit RunLock(const RunFolder& run);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  int fd_;
};

}  // namespace saddle
