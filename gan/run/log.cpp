#include "gan/run/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <system_error>

#include "core/error.h"
#include "core/io/file.h"

namespace saddle {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

/// Whole lines, each with its end.
std::vector<std::string> lines_of(const fs::path& path) {
  std::vector<std::string> lines;
  std::error_code ignored;
  if (!fs::exists(path, ignored)) return lines;
  const Bytes bytes = read_file(path);
  for (auto at = bytes.begin(); at != bytes.end();) {
    const auto end = std::find(at, bytes.end(), '\n');
    if (end == bytes.end()) break;
    lines.emplace_back(at, end + 1);
    at = end + 1;
  }
  return lines;
}

/// The step of a line; none if it is not one that RunLog wrote.
std::optional<int64_t> step_of(const std::string& line) {
  const auto json = ordered_json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("step") || !json["step"].is_number_integer()) return std::nullopt;
  return json["step"].get<int64_t>();
}

}  // namespace

RunLog::RunLog(const fs::path& path, int64_t step) : name_(path.string()) {
  std::string kept;
  for (const std::string& line : lines_of(path))
    if (const auto at = step_of(line); at && *at <= step) kept += line;
  std::error_code ignored;
  if (fs::exists(path, ignored) && fs::file_size(path, ignored) != kept.size())
    write_file_atomically(path, kept);
  fd_ = ::open(name_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  require<Error>(fd_ >= 0, name_, ": cannot be opened for writing: ", std::generic_category().message(errno));
}

RunLog::~RunLog() {
  ::close(fd_);
}

void RunLog::append(const Progress& progress) {
  ordered_json line = {{"step", progress.step}, {"epoch", progress.epochs}};
  for (const auto& [name, value] : progress.scalars) line[name] = value;
  line["images_per_s"] = progress.images_per_second;
  line["memory_bytes"] = progress.memory.bytes_in_use;
  line["memory_peak_bytes"] = progress.memory.bytes_peak;
  const std::string text = line.dump() + "\n";
  OutputFile(name_, fd_).write(text.data(), text.size());
}

std::optional<std::string> last_log_line(const fs::path& path) {
  std::vector<std::string> lines = lines_of(path);
  if (lines.empty()) return std::nullopt;
  lines.back().pop_back();
  return lines.back();
}

}  // namespace saddle
