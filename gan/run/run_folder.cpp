#include "gan/run/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <iomanip>
#include <sstream>
#include <string_view>
#include <system_error>

#include "core/error.h"
#include "core/io/file.h"

namespace saddle {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view checkpoint_suffix = ".safetensors", sample_suffix = ".png";

std::string step_name(int64_t step, std::string_view suffix) {
  std::ostringstream name;
  name << "step-" << std::setw(6) << std::setfill('0') << step << suffix;
  return name.str();
}

/// The step in a name that step_name gives.
std::optional<int64_t> step_in(const std::string& name, std::string_view suffix) {
  int64_t step = -1;
  if (name.starts_with("step-")) std::from_chars(name.data() + 5, name.data() + name.size(), step);
  if (step < 0 || name != step_name(step, suffix)) return std::nullopt;
  return step;
}

std::vector<int64_t> steps_in(const fs::path& folder, std::string_view suffix) {
  std::vector<int64_t> steps;
  if (!is_folder(folder)) return steps;
  for (const fs::path& entry : list_folder(folder))
    if (const auto step = step_in(entry.filename().string(), suffix)) steps.push_back(*step);
  std::ranges::sort(steps);
  return steps;
}

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  require<Error>(!error, path.string(), ": the folder cannot be made: ", error.message());
}

std::string read_text(const fs::path& path) {
  const Bytes bytes = read_file(path);
  return {bytes.begin(), bytes.end()};
}

}  // namespace

RunFolder RunFolder::create(const fs::path& path, const std::string& config) {
  RunFolder run(path);
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(path, ignored))) {
    require<Error>(is_folder(path), path.string(), ": exists already and is no folder; give another place");
    require<Error>(list_folder(path).empty(), path.string(),
                   ": exists already and is not empty; give another folder, or resume the run that is in it");
  }
  make_folder(path / "samples");
  make_folder(path / "checkpoints");
  run.set_config(config);
  return run;
}

RunFolder RunFolder::open(const fs::path& path) {
  std::error_code ignored;
  require<Error>(fs::exists(path, ignored), path.string(), ": no such run folder");
  RunFolder run(path);
  require<Error>(fs::is_regular_file(run.config_path(), ignored), path.string(),
                 ": not a run folder: it has no config.toml");
  return run;
}

fs::path RunFolder::sample_path(int64_t step) const {
  return path_ / "samples" / step_name(step, sample_suffix);
}

fs::path RunFolder::checkpoint_path(int64_t step) const {
  return path_ / "checkpoints" / step_name(step, checkpoint_suffix);
}

std::string RunFolder::config() const {
  return read_text(config_path());
}

void RunFolder::set_config(const std::string& config) const {
  write_file_atomically(config_path(), config);
}

std::vector<fs::path> RunFolder::samples() const {
  std::vector<fs::path> paths;
  for (const int64_t step : steps_in(path_ / "samples", sample_suffix)) paths.push_back(sample_path(step));
  return paths;
}

std::vector<int64_t> RunFolder::checkpoints() const {
  return steps_in(path_ / "checkpoints", checkpoint_suffix);
}

std::optional<int64_t> RunFolder::latest() const {
  const fs::path path = path_ / "checkpoints" / "latest";
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return std::nullopt;
  std::string name = read_text(path);
  if (name.ends_with('\n')) name.pop_back();
  return step_in(name, checkpoint_suffix);
}

void RunFolder::set_latest(int64_t step) const {
  write_file_atomically(path_ / "checkpoints" / "latest", step_name(step, checkpoint_suffix) + "\n");
}

RunLock::RunLock(const RunFolder& run) : fd_(::open(run.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  const std::string name = run.path().string();
  require<Error>(fd_ >= 0, name, ": cannot be opened: ", std::generic_category().message(errno));
  // A file system without locks holds nobody off, but that is no reason not to train on it.
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(fd_);
    throw Error(name + ": another process is training in this run");
  }
  std::error_code ignored;
  for (const fs::path& folder : {run.path(), run.path() / "samples", run.path() / "checkpoints"})
    for (const fs::path& entry : is_folder(folder) ? list_folder(folder) : std::vector<fs::path>())
      if (entry.filename().string().find(".tmp-") != std::string::npos) fs::remove(entry, ignored);
}

RunLock::~RunLock() {
  ::close(fd_);
}

}  // namespace saddle
