// gan-train info FILE|RUN
#include <iostream>
#include <sstream>

#include "core/io/file.h"
#include "gan/run/log.h"
#include "gan/run/run_folder.h"
#include "tools/gan_train/commands/commands.h"
#include "tools/gan_train/commands/common.h"

namespace saddle {
namespace {

/// Each line of `text` with two spaces in front; comments are left out.
void print_indented(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (!line.starts_with('#')) std::cout << "  " << line << '\n';
}

int describe_checkpoint(const std::string& path) {
  const Checkpoint checkpoint = load_checkpoint(path);
  std::cout << "checkpoint of " << checkpoint.model << ", step " << checkpoint.step
            << "\ndata: " << checkpoint.data << "\nnetworks:\n";
  const std::unique_ptr<Game> game = make_game(checkpoint, Device{});
  for (const auto& [name, network] : game->networks())
    std::cout << "  " << name << ": " << with_commas(parameter_count(*network)) << " parameters\n";
  std::cout << "settings:\n";
  print_indented(checkpoint.settings);
  return 0;
}

int describe_run(const std::string& path) {
  const RunFolder run = RunFolder::open(path);
  std::cout << "run " << path << "\nconfig:\n";
  print_indented(run.config());
  std::cout << "checkpoints:";
  for (const int64_t step : run.checkpoints()) std::cout << ' ' << step;
  const auto latest = run.latest();
  std::cout << (latest ? "; latest " + std::to_string(*latest) : " none yet") << '\n';
  std::cout << "log: " << last_log_line(run.log_path()).value_or("empty") << '\n';
  const auto samples = run.samples();
  std::cout << "samples: " << samples.size();
  if (!samples.empty()) std::cout << ", the last " << samples.back().string();
  std::cout << '\n';
  return 0;
}

}  // namespace

Command add_info(CLI::App& app) {
  CLI::App* command = app.add_subcommand("info", "Tell what a run or a checkpoint holds");
  const auto path = std::make_shared<std::string>();
  command->add_option("path", *path, "a run folder, or a checkpoint")->required()->type_name("FILE|RUN");
  return {command, [path] { return is_folder(*path) ? describe_run(*path) : describe_checkpoint(*path); }};
}

}  // namespace saddle
