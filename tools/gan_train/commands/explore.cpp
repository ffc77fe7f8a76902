// gan-train explore interpolate|arithmetic|truncate|direction RUN|FILE ...
#include "tools/gan_train/commands/explore.h"

#include "autograd/ops.h"
#include "core/error.h"
#include "gan/games/points.h"
#include "gan/run/options.h"
#include "gan/run/sampling.h"
#include "tools/gan_train/commands/common.h"

namespace saddle {

void ExploreArguments::add(CLI::App& command, const std::string& flag, const std::string& help) {
  classes_flag = flag;
  command.add_option("from", from, "a generator's run folder, or a checkpoint")
      ->required()
      ->type_name("RUN|FILE");
  command.add_option("--out", out, "the grid to write")->required()->type_name("FILE.png");
  command.add_option(flag, classes, help)->type_name("K");
  command.add_flag("--quiet", quiet, "print nothing but errors");
  flags.add(command, compute_options(), "Running");
}

Explored::Explored(const ExploreArguments& args, Device device) {
  require_png(args.out, "grid");
  checkpoint_ = open_checkpoint(args.from, warnings(args.quiet));
  game_ = make_game(checkpoint_, device);
  const std::string& model = checkpoint_.model;
  require<UsageError>(game_->generates(), "the model ", model, " makes no images from latents");
  require<UsageError>(!makes_points(settings_of(checkpoint_)), "the model ", model,
                      " makes points here, which are no images; sample plots them");
  require<UsageError>(args.classes.empty() || game_->classes() > 0, args.classes_flag, ": the model ", model,
                      " knows no classes");
  if (game_->classes() > 0)
    classes_ = parse_classes(args.classes.empty() ? "all" : args.classes, game_->classes());
}

Tensor Explored::images(const Tensor& latents) const {
  if (classes_.empty()) return game_->generate(latents);
  const SampleInputs inputs = each_class(latents, classes_);
  return game_->generate(inputs.latents, inputs.labels);
}

Tensor joined(const std::vector<Tensor>& latents) {
  const NoGrad no_grad;
  return concat({latents.begin(), latents.end()}, 0).value();
}

Command add_explore(CLI::App& app) {
  CLI::App* explore = app.add_subcommand("explore", "Show what latents do to a generator's images");
  explore->require_subcommand(1);
  const std::vector<Command> commands = {add_explore_interpolate(*explore), add_explore_arithmetic(*explore),
                                         add_explore_truncate(*explore), add_explore_direction(*explore)};
  return {explore, [commands] {
            for (const Command& command : commands)
              if (command.app->parsed()) return command.run();
            throw UsageError("name what to explore");
          }};
}

}  // namespace saddle
