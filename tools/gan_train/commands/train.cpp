// gan-train train MODEL --data SOURCE --out RUN [options]
#include <filesystem>
#include <iostream>

#include "core/error.h"
#include "core/io/file.h"
#include "tools/gan_train/commands/commands.h"
#include "tools/gan_train/commands/option_flags.h"
#include "tools/gan_train/commands/training.h"

namespace saddle {
namespace {

/// The command line of one model.
struct Arguments {
  CLI::App* app = nullptr;
  const Model* model = nullptr;
  OptionFlags flags;
  std::string out, config;
  bool dry_run = false, quiet = false;
};

std::shared_ptr<Arguments> add_model(CLI::App& train, const Model& model) {
  auto args = std::make_shared<Arguments>();
  args->model = &model;
  args->app = train.add_subcommand(model.name, model.title);
  CLI::App& app = *args->app;
  app.description(model.title + "\n" + model.paper);
  app.add_option("--out", args->out, "the run folder to make")->type_name("RUN");
  app.add_option("--config", args->config, "a TOML file of options; the command line has precedence")
      ->type_name("FILE");
  app.add_flag("-n,--dry-run", args->dry_run, "print the resolved settings as TOML and exit");
  app.add_flag("--quiet", args->quiet, "print nothing but errors");
  args->flags.add(app, training_options(), "Training");
  args->flags.add(app, model.options, "Model");
  args->flags.add(app, running_options(), "Running");
  app.allow_extras();  // so that an unknown option is refused with its likely name
  return args;
}

void refuse_extras(const CLI::App& app, Settings settings) {
  const std::vector<std::string> extras = app.remaining();
  if (extras.empty()) return;
  const std::string& first = extras.front();
  if (first.starts_with("--")) {
    const std::string name = first.substr(2, first.find('=') - 2);
    require<UsageError>(settings.find(name) == nullptr, "option '", name, "' is given wrongly");
    settings.set_text(name, "");  // throws, with the name that may be meant
  }
  throw UsageError("unexpected argument '" + first + "'");
}

int train(const Arguments& args) {
  Settings settings = run_settings(*args.model);
  refuse_extras(*args.app, settings);
  if (!args.config.empty()) {
    const Bytes text = read_file(args.config);
    settings.read_toml({text.begin(), text.end()}, args.config);
  }
  args.flags.apply(settings);
  require<UsageError>(!args.out.empty() || args.dry_run, "no run folder: --out names the one to make");

  Training training(std::move(settings), args.quiet);
  if (args.dry_run) {
    std::cout << training.settings().to_toml();
    return 0;
  }
  const RunFolder run = RunFolder::create(args.out, training.settings().to_toml());
  const RunLock lock(run);
  return training.run(run, {});
}

}  // namespace

Command add_train(CLI::App& app) {
  CLI::App* command = app.add_subcommand("train", "Train a model: train MODEL --data SOURCE --out RUN");
  std::vector<std::shared_ptr<Arguments>> all;
  for (const Model& model : models()) all.push_back(add_model(*command, model));
  command->require_subcommand(0, 1);
  command->allow_extras();
  return {command, [command, all] {
            for (const auto& args : all)
              if (args->app->parsed()) return train(*args);
            const std::vector<std::string> extras = command->remaining();
            if (!extras.empty() && !extras.front().starts_with('-')) find_model(extras.front());
            throw UsageError("train: name a model first, as in gan-train train " + models().front().name +
                             " --data shapes --out RUN");
          }};
}

}  // namespace saddle
