// gan-train modes RUN|FILE... [--out FILE.png] [--json FILE.json] [--count N]
#include "gan/modes.h"

#include <cmath>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/io/file.h"
#include "core/io/image.h"
#include "gan/run/options.h"
#include "tools/gan_train/commands/commands.h"
#include "tools/gan_train/commands/common.h"

namespace saddle {
namespace {

struct Arguments {
  std::vector<std::string> from;
  std::string out, json;
  int64_t count = 2500, seed = 0;
  bool quiet = false;
  OptionFlags flags;
};

/// The checkpoint's game, seen as a report and as a plot.
void measure(const Arguments& args, const std::string& from, Device device, nlohmann::ordered_json& report,
             std::vector<Plot>& plots) {
  const Checkpoint checkpoint = open_checkpoint(from, warnings(args.quiet));
  const Mixture* mixture = find_mixture(checkpoint.data);
  require<UsageError>(mixture != nullptr, from, ": trained on ", checkpoint.data,
                      ", of which no modes are known; those of 25-gaussians and 8-gaussians are");
  const std::unique_ptr<Game> game = make_game(checkpoint, device);
  const Tensor points =
      game->generate(game->latents(seeds_from(static_cast<uint64_t>(args.seed), args.count)));
  const ModeCoverage coverage = mode_coverage(*mixture, points);
  if (!args.quiet)
    std::cout << from << ": " << checkpoint.model << ", step " << checkpoint.step << ": "
              << describe(coverage) << '\n';
  report.push_back({{"from", from},
                    {"model", checkpoint.model},
                    {"step", checkpoint.step},
                    {"data", mixture->name},
                    {"samples", coverage.samples},
                    {"modes", coverage.modes()},
                    {"modes_covered", coverage.covered()},
                    {"within_3_sigma", coverage.quality()},
                    {"samples_at_mode", coverage.counts}});
  const std::string name = std::filesystem::path(from).filename().string();
  plots.push_back(
      plot_points((name.empty() ? checkpoint.model : name) + ": " + describe(coverage), *mixture, points));
}

int modes(const Arguments& args) {
  if (!args.out.empty()) require_png(args.out, "plot");
  const Device device = compute_device(args.flags);
  auto report = nlohmann::ordered_json::array();
  std::vector<Plot> plots;
  for (const std::string& from : args.from) measure(args, from, device, report, plots);
  if (!args.json.empty()) write_file_atomically(args.json, report.dump(2) + "\n");
  if (!args.out.empty())
    write_png(args.out,
              draw(plots, static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(plots.size()))))));
  return 0;
}

}  // namespace

Command add_modes(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("modes", "Tell which modes of a mixture of Gaussians trained generators cover");
  const auto args = std::make_shared<Arguments>();
  command->add_option("from", args->from, "run folders, or checkpoints")->required()->type_name("RUN|FILE");
  command->add_option("--out", args->out, "plot the points of each beside each other")->type_name("FILE.png");
  command->add_option("--json", args->json, "write the numbers")->type_name("FILE.json");
  add_whole(*command, "--count", args->count, "points of each, with seeds 0, 1 and on", 1, 1000000);
  add_seed(*command, args->seed, "the first seed");
  command->add_flag("--quiet", args->quiet, "print nothing but errors");
  args->flags.add(*command, compute_options(), "Running");
  return {command, [args] { return modes(*args); }};
}

}  // namespace saddle
