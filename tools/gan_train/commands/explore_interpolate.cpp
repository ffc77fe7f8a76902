// gan-train explore interpolate RUN|FILE --out FILE.png [--method spherical|linear] [--steps N] [--rows N]
#include "core/error.h"
#include "core/io/image.h"
#include "gan/control/interpolation.h"
#include "gan/data/grid.h"
#include "gan/run/sampling.h"
#include "tools/gan_train/commands/common.h"
#include "tools/gan_train/commands/explore.h"

namespace saddle {
namespace {

struct Arguments : ExploreArguments {
  std::string method = "spherical", seeds;
  int64_t steps = 8, rows = 8, seed = 0;
  CLI::Option* rows_given = nullptr;
};

/// Two a row.
std::vector<uint64_t> ends_of(const Arguments& args, bool several_classes) {
  if (args.seeds.empty()) {
    const bool one_row = several_classes && args.rows_given->count() == 0;
    return seeds_from(static_cast<uint64_t>(args.seed), 2 * (one_row ? 1 : args.rows));
  }
  const std::vector<uint64_t> ends = parse_seeds(args.seeds);
  require<UsageError>(ends.size() % 2 == 0, "--seeds ", args.seeds,
                      ": each row goes from one seed to another, and these are ", ends.size());
  return ends;
}

int interpolate_rows(const Arguments& args) {
  const Explored explored(args, compute_device(args.flags));
  const Game& game = explored.game();
  const std::vector<uint64_t> ends = ends_of(args, explored.of_each() > 1);
  const Path path = args.method == "linear" ? Path::linear : Path::spherical;
  const Shape latent = game.latent_shape();
  const auto end = [&](uint64_t seed) {
    return game.latents({seed}).reshape({latent.begin(), latent.end()});
  };
  std::vector<Tensor> rows;
  for (size_t i = 0; i < ends.size(); i += 2)
    rows.push_back(interpolate(end(ends[i]), end(ends[i + 1]), args.steps, path));
  write_png(args.out, image_grid(explored.images(joined(rows)), args.steps));
  return 0;
}

}  // namespace

Command add_explore_interpolate(CLI::App& explore) {
  CLI::App* command =
      explore.add_subcommand("interpolate", "Rows of images on the way from latent to latent");
  const auto args = std::make_shared<Arguments>();
  args->add(*command, "--class", one_below_the_other);
  command->add_option("--method", args->method, "spherical: on the great circle; linear: straight")
      ->check(CLI::IsMember({"spherical", "linear"}))
      ->capture_default_str();
  add_whole(*command, "--steps", args->steps, "images in a row, both ends included", 2, 4096);
  args->rows_given = add_whole(*command, "--rows", args->rows,
                               "with seeds 0 to 1, 2 to 3 and on; of several classes one each", 1, 4096);
  add_seed(*command, args->seed, "with --rows: the first seed");
  command->add_option("--seeds", args->seeds, "these seeds, two a row, as in 3,8,5,0")
      ->excludes(args->rows_given);
  return {command, [args] { return interpolate_rows(*args); }};
}

}  // namespace saddle
