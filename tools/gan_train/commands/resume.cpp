// gan-train resume RUN [--steps N] [options that leave no trace in the weights]
#include <algorithm>

#include "core/error.h"
#include "tools/gan_train/commands/commands.h"
#include "tools/gan_train/commands/common.h"
#include "tools/gan_train/commands/option_flags.h"
#include "tools/gan_train/commands/training.h"

namespace saddle {
namespace {

struct Arguments {
  std::string run;
  OptionFlags flags;
  bool quiet = false;
};

int resume(const Arguments& args) {
  const RunFolder run = RunFolder::open(args.run);
  const RunLock lock(run);
  Settings settings = read_run_settings(run.config(), run.config_path().string());
  args.flags.apply(settings);
  // A run that was ended before its first checkpoint starts anew, and comes to the same.
  const std::optional<Checkpoint> from = newest_checkpoint(run, warnings(args.quiet));
  if (from)
    require<UsageError>(settings.integer("steps") >= from->step, args.run, ": is at step ", from->step,
                        " already; --steps is the total and cannot be ", settings.integer("steps"));
  return Training(std::move(settings), args.quiet).run(run, from);
}

}  // namespace

Command add_resume(CLI::App& app) {
  CLI::App* command = app.add_subcommand("resume", "Go on with a run from its newest checkpoint");
  const auto args = std::make_shared<Arguments>();
  command->add_option("run", args->run, "the run folder")->required()->type_name("RUN");
  command->add_flag("--quiet", args->quiet, "print nothing but errors");
  std::vector<Option> options = training_options();
  std::erase_if(options, [](const Option& option) { return option.name != "steps"; });
  for (Option& option : running_options()) options.push_back(std::move(option));
  args->flags.add(*command, options, "Options, to change from now on", OptionFlags::Defaults::hidden);
  return {command, [args] { return resume(*args); }};
}

}  // namespace saddle
