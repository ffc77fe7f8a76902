#include "tools/gan_train/commands/training.h"

#include <csignal>

#include "core/error.h"
#include "core/thread_pool.h"
#include "gan/games/points.h"
#include "tools/gan_train/commands/common.h"

namespace saddle {
namespace {

std::atomic<int> stop_signal = 0;
static_assert(std::atomic<int>::is_always_lock_free);  // or a handler could not set it

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = [](int signal) { stop_signal = signal; };
  action.sa_flags = SA_RESETHAND | SA_RESTART;  // the second one ends the process at once
  for (const int signal : {SIGINT, SIGTERM}) ::sigaction(signal, &action, nullptr);
  // Where progress goes to a pipe whose reader ends, training does not end with it.
  std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace

Training::Training(Settings settings, bool quiet)
    : settings_(std::move(settings)),
      display_(quiet),
      device_(apply_compute_options(settings_)),
      source_(open_data(settings_)),
      game_(find_model(settings_.text("model")).make(settings_, device_)) {
  LoaderOptions options = loader_options(settings_);
  options.warn = [this](const std::string& text) { display_.warning(text); };
  loader_.emplace(source_, std::move(options));
}

void Training::announce(const RunFolder& run, int64_t step) {
  std::string networks;
  for (const auto& [name, network] : game_->networks())
    networks += concat(networks.empty() ? "" : ", ", name, ' ', with_commas(parameter_count(*network)));
  const int64_t size = settings_.integer("size");
  const std::string what =
      makes_points(settings_) ? "of points" : concat(size, 'x', size, 'x', settings_.integer("channels"));
  display_.message(concat(run.path().string(), ": ", settings_.text("model"), ' ', what, " (", networks,
                          " parameters) on ", source_->description(), "; ", device_, ", ", num_threads(),
                          num_threads() == 1 ? " thread" : " threads", "; from step ", step));
}

int Training::run(const RunFolder& run, const std::optional<Checkpoint>& from) {
  Trainer trainer({settings_, run, *game_, *loader_, device_, source_->description()});
  if (from) {
    trainer.resume(*from);
    if (from->data != source_->description())
      display_.warning(concat("the data has changed: it was ", from->data, ", now it is ",
                              source_->description(), "; training goes on differently"));
  }
  run.set_config(settings_.to_toml());
  announce(run, trainer.step());
  catch_signals();
  const int signal = trainer.run([this](const Progress& progress) { display_.show(progress); }, stop_signal);
  const std::string saved = run.checkpoint_path(trainer.step()).string();
  if (signal == 0) {
    display_.message("done: " + saved);
    return 0;
  }
  display_.message(concat("stopped after step ", trainer.step(), ", saved in ", saved,
                          "; to go on: gan-train resume ", run.path().string()));
  return 128 + signal;
}

}  // namespace saddle
