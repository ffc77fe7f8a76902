// Learning-rate schedules: pure functions of the step, counted from 0. They hold no state, so a training run
// that is resumed goes on as if it had never stopped: `optimizer.set_lr(schedule(step))`.
//
// All throw UsageError for rates that are not finite or below 0, and for steps that make no sense.
#pragma once
#include <cstdint>
#include <functional>

namespace saddle::nn {

using Schedule = std::function<double(int64_t step)>;

/// Always lr.
Schedule constant_schedule(double lr);

/// lr up to step `start`, then straight to final_lr at step `end`, where it stays. 0 <= start < end.
Schedule linear_schedule(double lr, int64_t start, int64_t end, double final_lr = 0);

/// lr gamma^(step / every), rounding down: `gamma` in (0, 1] at every `every`-th step, >= 1.
Schedule step_schedule(double lr, int64_t every, double gamma = 0.1);

struct CosineOptions {
  int64_t steps = 0;  ///< at which final_lr is reached, > warmup
  int64_t warmup =
      0;  ///< steps in which the rate first climbs to lr, linearly: step i of them takes lr (i + 1) / warmup
  double final_lr = 0;
};
/// From lr to final_lr along half a cosine (Loshchilov and Hutter, "SGDR", ICLR 2017, section 3, without
/// restarts), then final_lr.
Schedule cosine_schedule(double lr, CosineOptions options);

}  // namespace saddle::nn
