// Times whole training steps, the number that users feel.
#pragma once
#include <cstdint>
#include <string>

namespace saddle::bench {

struct StepOptions {
  std::string model;
  std::string device = "cpu";
  std::string precision = "fp32";
  int64_t batch = 0, size = 0;  ///< 0: the workload's own
  int64_t steps = 5;            ///< that are timed, after those that are not
  bool graph = true;            ///< steps are captured and replayed, on devices where that is possible
};

/// Prints one line of JSON: model, batch, image size, threads, median and least seconds a step, images a
/// second, peak memory. A step is what training does for one batch that already lies in memory. Throws
/// UsageError for a workload, device or precision that there is none of.
void print_step(const StepOptions& options);

}  // namespace saddle::bench
