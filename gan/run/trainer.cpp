#include "gan/run/trainer.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <numeric>

#include "core/error.h"
#include "core/io/image.h"
#include "gan/data/grid.h"
#include "gan/games/points.h"
#include "gan/run/options.h"

namespace saddle {
namespace {

constexpr int64_t sample_columns = 8, sample_count = 64, sample_points = 2500;
constexpr int64_t most_sampled_classes = 16;  // a row each

class Stopwatch {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

void Trainer::resume(const Checkpoint& checkpoint) {
  restore(checkpoint, parts_.settings.text("model"), parts_.game, parts_.loader);
  step_ = saved_ = checkpoint.step;
}

int Trainer::run(const std::function<void(const Progress&)>& report, const std::atomic<int>& stop) {
  const int64_t steps = parts_.settings.integer("steps"), first = step_;
  const int64_t sample_every = shows_images() ? parts_.settings.integer("sample-every") : 0;
  const auto due = [&](const char* interval) {
    const int64_t every = parts_.settings.integer(interval);
    return every != 0 && step_ % every == 0;
  };
  RunLog log(parts_.run.log_path(), step_);
  Interval interval;
  const Stopwatch watch;
  int signal = stop;
  while (step_ < steps && signal == 0) {
    one_step(interval);
    signal = stop;
    const bool last = step_ == steps;

    Progress now = progress(interval);
    now.seconds_left =
        watch.seconds() / static_cast<double>(step_ - first) * static_cast<double>(steps - step_);
    now.logged = due("log-every") || ((last || signal != 0) && parts_.settings.integer("log-every") != 0);
    if (now.logged) {
      log.append(now);
      interval = {};
    }
    report(now);
    // Samples first: a checkpoint says that all of its step is there.
    if (sample_every != 0 && (step_ % sample_every == 0 || last)) save_sample();
    if (due("checkpoint-every")) save();
  }
  if (saved_ != step_) save();
  return signal;
}

std::vector<Batch> Trainer::next_batches() {
  const NamedTensors before = parts_.loader.state();
  try {
    std::vector<Batch> batches;
    for (int64_t i = 0; i < parts_.game.batches_per_step(); ++i) batches.push_back(parts_.loader.next());
    return batches;
  } catch (const Error&) {
    parts_.loader.load_state(before);
    if (step_ > 0 && saved_ != step_) save();
    throw;
  }
}

void Trainer::one_step(Interval& interval) {
  const Stopwatch watch;
  const std::vector<Batch> batches = next_batches();
  const Scalars scalars = parts_.game.step(batches);
  seen_ = batches.back().images;
  ++step_;

  interval.seconds += watch.seconds();
  for (const Batch& batch : batches) interval.images += static_cast<double>(batch.images.size(0));
  if (interval.steps++ == 0)
    interval.sums = scalars;
  else
    for (size_t i = 0; i < scalars.size(); ++i) interval.sums[i].second += scalars[i].second;
}

Progress Trainer::progress(const Interval& interval) const {
  Progress now;
  now.step = step_;
  now.steps = parts_.settings.integer("steps");
  now.epochs = parts_.loader.epochs();
  now.scalars = interval.sums;
  for (auto& [name, value] : now.scalars) value /= static_cast<double>(interval.steps);
  now.images_per_second = interval.images / interval.seconds;
  now.memory = allocator(parts_.device).stats();
  return now;
}

bool Trainer::shows_images() const {
  return parts_.game.generates() || parts_.game.reconstructs();
}

void Trainer::save_sample() {
  Game& game = parts_.game;
  if (!game.generates()) {
    write_png(parts_.run.sample_path(step_), comparison_grid(game.reconstruct(seen_), sample_columns));
    return;
  }
  if (!sample_.latents.defined()) {
    const int64_t count = makes_points(parts_.settings) ? sample_points : sample_count;
    sample_.latents = game.latents(seeds_from(0, game.classes() == 0 ? count : sample_columns));
    if (game.classes() > 0) {
      std::vector<int64_t> rows(static_cast<size_t>(std::min(game.classes(), most_sampled_classes)));
      std::iota(rows.begin(), rows.end(), int64_t{0});
      sample_ = each_class(sample_.latents, rows);
    }
  }
  write_png(parts_.run.sample_path(step_),
            picture_of(game.generate(sample_.latents, sample_.labels), sample_columns, parts_.data));
}

void Trainer::save() {
  save_checkpoint(parts_.run.checkpoint_path(step_), {.origin = {},
                                                      .model = parts_.settings.text("model"),
                                                      .step = step_,
                                                      .settings = training_toml(parts_.settings),
                                                      .data = parts_.data,
                                                      .game = parts_.game.state(),
                                                      .loader = parts_.loader.state()});
  parts_.run.set_latest(step_);
  saved_ = step_;

  const int64_t keep = parts_.settings.integer("keep-checkpoints");
  if (keep == 0) return;
  std::vector<int64_t> steps = parts_.run.checkpoints();
  std::erase_if(steps, [&](int64_t step) { return step > step_; });
  std::error_code ignored;  // one that cannot be removed takes room, no more
  for (auto at = steps.begin(); steps.end() - at > keep; ++at)
    std::filesystem::remove(parts_.run.checkpoint_path(*at), ignored);
}

}  // namespace saddle
