// The commands of gan-train: each function adds one to the command line.
#pragma once
#include <CLI/CLI.hpp>
#include <functional>

namespace saddle {

struct Command {
  CLI::App* app;
  /// Does the work once the command line was read; returns the exit code.
  std::function<int()> run;
};

Command add_train(CLI::App& app);
Command add_attack(CLI::App& app);
Command add_study(CLI::App& app);
Command add_explore(CLI::App& app);
Command add_resume(CLI::App& app);
Command add_sample(CLI::App& app);
Command add_reconstruct(CLI::App& app);
Command add_evaluate(CLI::App& app);
Command add_export(CLI::App& app);
Command add_models(CLI::App& app);
Command add_data(CLI::App& app);
Command add_modes(CLI::App& app);
Command add_info(CLI::App& app);

}  // namespace saddle
