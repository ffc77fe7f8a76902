// gan-train explore truncate RUN|FILE --out FILE.png [--thresholds T,T,..] [--count N]
#include "core/io/image.h"
#include "gan/control/truncation.h"
#include "gan/data/grid.h"
#include "tools/gan_train/commands/common.h"
#include "tools/gan_train/commands/explore.h"

namespace saddle {
namespace {

struct Arguments : ExploreArguments {
  std::vector<double> thresholds = {2, 1, 0.5, 0.04};
  int64_t count = 8, seed = 0;
};

int truncate_rows(const Arguments& args) {
  const Explored explored(args, compute_device(args.flags));
  const std::vector<uint64_t> seeds = seeds_from(static_cast<uint64_t>(args.seed), args.count);
  std::vector<Tensor> rows;
  for (const double threshold : args.thresholds)
    rows.push_back(truncated_latents(explored.game(), seeds, threshold));
  write_png(args.out, image_grid(explored.images(joined(rows)), args.count));
  return 0;
}

}  // namespace

Command add_explore_truncate(CLI::App& explore) {
  CLI::App* command = explore.add_subcommand(
      "truncate", "A row of images for each bound on the numbers of latents, of the same seeds");
  const auto args = std::make_shared<Arguments>();
  args->add(*command, "--class", one_below_the_other);
  command->add_option("--thresholds", args->thresholds, "numbers farther from 0 are drawn anew")
      ->delimiter(',')
      ->check(CLI::Range(0.01, 1000.0))
      ->type_name("T,T,..")
      ->capture_default_str();
  add_whole(*command, "--count", args->count, "images in a row", 1, 4096);
  add_seed(*command, args->seed, "the first seed");
  return {command, [args] { return truncate_rows(*args); }};
}

}  // namespace saddle
