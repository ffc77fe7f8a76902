// How far training is, and log.jsonl, which keeps it: a line of JSON for each interval.
//
//   {"step":100,"epoch":0.8,"loss_d":0.71,"loss_g":1.9,"images_per_s":412.5,"memory_bytes":…,"memory_peak_bytes":…}
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "core/allocator.h"
#include "gan/game.h"

namespace saddle {

struct Progress {
  int64_t step = 0;              ///< finished
  int64_t steps = 0;             ///< in all
  double epochs = 0;             ///< of the data, finished
  Scalars scalars;               ///< means over the steps since the last line of the log
  double images_per_second = 0;  ///< over the same steps, without what saving took
  double seconds_left = 0;       ///< by the mean of all steps of this sitting
  MemoryStats memory;
  bool logged = false;  ///< this is a line of the log
};

/// log.jsonl, open for appending.
class RunLog {
 public:
  /// Drops lines beyond `step`, which training will write again, and a last line that was cut short; the file
  /// is replaced atomically if it has such. Throws Error that names the file.
  RunLog(const std::filesystem::path& path, int64_t step);
  ~RunLog();
  RunLog(const RunLog&) = delete;
  RunLog& operator=(const RunLog&) = delete;

  void append(const Progress& progress);

 private:
  std::string name_;
  int fd_;
};

/// The last whole line of a log; none if there is no such file or line.
std::optional<std::string> last_log_line(const std::filesystem::path& path);

}  // namespace saddle
