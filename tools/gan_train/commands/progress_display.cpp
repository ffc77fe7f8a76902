#include "tools/gan_train/commands/progress_display.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "core/error.h"
#include "tools/gan_train/commands/common.h"

namespace saddle {
namespace {

constexpr std::chrono::milliseconds refresh{100};

/// Columns of the terminal; 80 if it does not say.
size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// `45s`, `2m05s`, `3h07m`.
std::string duration(double seconds) {
  const auto total = static_cast<int64_t>(std::lround(std::min(seconds, 1e9)));
  std::ostringstream out;
  out << std::setfill('0');
  if (total < 60)
    out << total << 's';
  else if (total < 3600)
    out << total / 60 << 'm' << std::setw(2) << total % 60 << 's';
  else
    out << total / 3600 << 'h' << std::setw(2) << total / 60 % 60 << 'm';
  return out.str();
}

}  // namespace

std::string progress_line(const Progress& progress) {
  std::ostringstream out;
  out << "step " << progress.step << '/' << progress.steps << std::setprecision(4);
  for (const auto& [name, value] : progress.scalars) out << "  " << name << ' ' << value;
  const double speed = progress.images_per_second;
  out << "  " << std::fixed << std::setprecision(speed < 10 ? 1 : 0) << speed << " img/s";
  if (progress.step < progress.steps) out << "  " << duration(progress.seconds_left) << " left";
  out << "  " << progress.memory.bytes_peak / 1'000'000 << " MB";
  return out.str();
}

ProgressDisplay::ProgressDisplay(bool quiet) : quiet_(quiet), terminal_(::isatty(STDOUT_FILENO) == 1) {}

void ProgressDisplay::show(const Progress& progress) {
  if (quiet_) return;
  if (!terminal_) {
    if (progress.logged) write(progress_line(progress) + "\n");
    return;
  }
  const auto now = std::chrono::steady_clock::now();
  if (now < next_ && progress.step < progress.steps) return;
  next_ = now + refresh;
  // A line that fills the last column would wrap, and then not be overwritten.
  write(concat('\r', progress_line(progress).substr(0, terminal_width() - 1), "\x1b[K"));
  drawn_ = true;
}

void ProgressDisplay::message(const std::string& text) {
  if (quiet_) return;
  if (drawn_) write("\n");
  drawn_ = false;
  write(text + "\n");
}

void ProgressDisplay::warning(const std::string& text) {
  if (drawn_) write("\r\x1b[K");
  drawn_ = false;
  warnings(quiet_)(text);
}

void ProgressDisplay::write(const std::string& text) {
  std::cout << text << std::flush;
  // Whoever read may be gone; training goes on unseen.
  if (!std::cout) {
    std::cout.clear();
    quiet_ = true;
  }
}

}  // namespace saddle
