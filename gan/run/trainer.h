// The training loop. It knows games, not GANs: batches, log, samples, checkpoints and being stopped are its
// own.
#pragma once
#include <atomic>
#include <functional>

#include "gan/data/loader.h"
#include "gan/game.h"
#include "gan/run/checkpoint.h"
#include "gan/run/log.h"
#include "gan/run/run_folder.h"
#include "gan/run/sampling.h"

namespace saddle {

class Trainer {
 public:
  /// What a training is made of; it outlives the trainer.
  struct Parts {
    const Settings& settings;  ///< of the run, all resolved (gan/run/options.h)
    const RunFolder& run;
    Game& game;
    Loader& loader;
    Device device;     ///< the game's
    std::string data;  ///< the source's description
  };

  explicit Trainer(Parts parts) : parts_(std::move(parts)) {}

  /// Goes to where the checkpoint was. Throws as restore does.
  void resume(const Checkpoint& checkpoint);
  /// Steps finished.
  int64_t step() const { return step_; }

  /// Trains up to the option `steps`. `report` is told of each step, after its line of the log, if it has
  /// one, was written. The last step is always saved, and sampled unless `sample-every` is 0.
  ///
  /// `stop` becomes another number than 0, at any time and from any thread, to end training: the step is
  /// finished and saved. Returns that number, or 0.
  ///
  /// What game, loader and files throw ends training; what was saved before stays. If no batch can be had,
  /// the steps that are finished are saved first.
  int run(const std::function<void(const Progress&)>& report, const std::atomic<int>& stop);

 private:
  /// Sums over the steps since the last line of the log.
  struct Interval {
    int64_t steps = 0;
    double images = 0, seconds = 0;
    Scalars sums;
  };

  std::vector<Batch> next_batches();
  void one_step(Interval& interval);
  Progress progress(const Interval& interval) const;
  bool shows_images() const;
  /// Images that the game makes or, if it makes none, those of the last batch and what it makes of them.
  void save_sample();
  void save();

  Parts parts_;
  int64_t step_ = 0;
  int64_t saved_ = -1;  ///< step of the last checkpoint, written or resumed from
  SampleInputs sample_;
  Tensor seen_;  ///< images of the last batch
};

}  // namespace saddle
