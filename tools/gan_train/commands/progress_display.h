// How training shows: a line that is rewritten on a terminal, lines one after another elsewhere.
#pragma once
#include <chrono>
#include <string>

#include "gan/run/log.h"

namespace saddle {

class ProgressDisplay {
 public:
  explicit ProgressDisplay(bool quiet);

  /// On a terminal a few times a second; elsewhere for each line of the log.
  void show(const Progress& progress);
  /// A line that stays.
  void message(const std::string& text);
  /// As message, on standard error.
  void warning(const std::string& text);

 private:
  void write(const std::string& text);

  bool quiet_, terminal_;
  bool drawn_ = false;  // the cursor stands behind a progress line
  std::chrono::steady_clock::time_point next_;
};

/// `step 120/600  loss_d 0.71  loss_g 1.93  412 img/s  2m05s left  310 MB`
std::string progress_line(const Progress& progress);

}  // namespace saddle
