// A run's settings: which options there are beside the model's own, and what is made of their values.
#pragma once
#include <string>
#include <vector>

#include "gan/data/loader.h"
#include "gan/data/source.h"
#include "gan/game.h"
#include "gan/settings.h"

namespace saddle {

/// What decides, with the model's options, how training goes: `data`, `steps`, `flip`, `background`.
std::vector<Option> training_options();
/// What may change from one sitting to the next: intervals of log, samples and checkpoints, `skip-bad` and
/// threads leave no trace in the weights; device and precision no other than that of rounding.
std::vector<Option> running_options();
/// `device`, `threads` and `precision` of the running options.
std::vector<Option> compute_options();

/// All options of a run of `model`, the first of them `model` itself, which takes that name alone.
Settings run_settings(const Model& model);
/// The settings in the TOML text of a config.toml, which names its model. Throws UsageError with `origin`
/// and, for an option, its line.
Settings read_run_settings(const std::string& toml, const std::string& origin);

/// `name = value` lines of those options that decide how training goes, but for paths, which are a machine's
/// own. Equal training, equal text.
std::string training_toml(const Settings& settings);

LoaderOptions loader_options(const Settings& settings);

/// Opens the option `data`, and makes a path in it absolute, so that the run goes on from anywhere. Where the
/// option `channels` is 0, it becomes 3 if one of the first images has colour, else 1; `classes`, if the
/// model learns from labels and it is 0, becomes their number; `labelled` hides all other labels, `target`
/// names images without any, as many as the others, `generator` and `p-real` mix in images that it makes. For
/// points of the plane `channels` is 2 and `size` 1, and the model's own defaults for points hold. Throws
/// UsageError if there is no `data`, if it lacks labels where the model learns from them or has more classes
/// than the option says, if it has points and the model learns images alone, and as open_source does.
std::shared_ptr<const Source> open_data(Settings& settings);

/// Sets the threads that kernels use, if `threads` is not 0, and the precision, and gives the option
/// `device`'s device. Throws UsageError for a precision that the device does not have.
Device apply_compute_options(const Settings& settings);

}  // namespace saddle
