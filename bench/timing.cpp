#include "bench/timing.h"

#include <algorithm>
#include <chrono>

namespace saddle::bench {

std::vector<double> time_each(const std::function<void()>& f, int warm_up, int repeats) {
  using Clock = std::chrono::steady_clock;
  std::vector<double> times;
  for (int i = 0; i < warm_up + repeats; ++i) {
    const Clock::time_point start = Clock::now();
    f();
    if (i >= warm_up) times.push_back(std::chrono::duration<double>(Clock::now() - start).count());
  }
  return times;
}

std::vector<double> time_for(const std::function<void()>& f, double budget) {
  constexpr double most_calls = 1000;
  const double one = time_each(f, 0, 1).front();
  return time_each(f, 0, static_cast<int>(std::clamp(budget / std::max(one, 1e-9), 3.0, most_calls)));
}

double median(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const size_t n = times.size();
  return (times[(n - 1) / 2] + times[n / 2]) / 2;
}

}  // namespace saddle::bench
