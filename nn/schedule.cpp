#include "nn/schedule.h"

#include <cmath>
#include <numbers>

#include "core/error.h"

namespace saddle::nn {
namespace {

void check_rate(const char* schedule, double lr) {
  require<UsageError>(std::isfinite(lr) && lr >= 0, schedule, ": learning rate ", lr,
                      " is not finite and at least 0");
}

}  // namespace

Schedule constant_schedule(double lr) {
  check_rate("constant_schedule", lr);
  return [lr](int64_t) { return lr; };
}

Schedule linear_schedule(double lr, int64_t start, int64_t end, double final_lr) {
  check_rate("linear_schedule", lr);
  check_rate("linear_schedule", final_lr);
  require<UsageError>(0 <= start && start < end, "linear_schedule: start ", start, " and end ", end,
                      " must satisfy 0 <= start < end");
  return [=](int64_t step) {
    if (step <= start) return lr;
    if (step >= end) return final_lr;
    return lr + (final_lr - lr) * static_cast<double>(step - start) / static_cast<double>(end - start);
  };
}

Schedule step_schedule(double lr, int64_t every, double gamma) {
  check_rate("step_schedule", lr);
  require<UsageError>(every >= 1, "step_schedule: every ", every, " is below 1");
  require<UsageError>(gamma > 0 && gamma <= 1, "step_schedule: gamma ", gamma, " is not in (0, 1]");
  return [=](int64_t step) { return lr * std::pow(gamma, static_cast<double>(step / every)); };
}

Schedule cosine_schedule(double lr, CosineOptions options) {
  check_rate("cosine_schedule", lr);
  check_rate("cosine_schedule", options.final_lr);
  require<UsageError>(0 <= options.warmup && options.warmup < options.steps, "cosine_schedule: warmup ",
                      options.warmup, " and steps ", options.steps, " must satisfy 0 <= warmup < steps");
  return [lr, options](int64_t step) {
    if (step < options.warmup)
      return lr * static_cast<double>(step + 1) / static_cast<double>(options.warmup);
    if (step >= options.steps) return options.final_lr;
    const double way =
        static_cast<double>(step - options.warmup) / static_cast<double>(options.steps - options.warmup);
    return options.final_lr + (lr - options.final_lr) * 0.5 * (1 + std::cos(std::numbers::pi * way));
  };
}

}  // namespace saddle::nn
