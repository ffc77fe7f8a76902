// gan-train reconstruct RUN|FILE --data SOURCE --out FILE.png [--count N] [--columns N]

#include "core/error.h"
#include "core/io/image.h"
#include "gan/data/grid.h"
#include "gan/run/options.h"
#include "tools/gan_train/commands/commands.h"
#include "tools/gan_train/commands/common.h"

namespace saddle {
namespace {

struct Arguments {
  std::string from, data, out;
  int64_t count = 32, columns = 8;
  bool quiet = false;
  OptionFlags flags;
};

int reconstruct(const Arguments& args) {
  require_png(args.out, "grid");
  const Device device = compute_device(args.flags);
  const Checkpoint checkpoint = open_checkpoint(args.from, warnings(args.quiet));
  const std::unique_ptr<Game> game = make_game(checkpoint, device);
  require<UsageError>(game->reconstructs(), "the model ", checkpoint.model,
                      " does not make images again; vae and dae do");
  const Settings settings = settings_of(checkpoint);
  Loader loader(open_source(args.data, static_cast<uint64_t>(settings.integer("seed"))),
                {.batch = args.count,
                 .size = settings.integer("size"),
                 .channels = settings.integer("channels"),
                 .shuffle = false,
                 .background = settings.number("background"),
                 .prefetch = 0});
  write_png(args.out, comparison_grid(game->reconstruct(loader.next().images), args.columns));
  return 0;
}

}  // namespace

Command add_reconstruct(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "reconstruct", "Show images of a source, a row, and what an autoencoder makes of them");
  const auto args = std::make_shared<Arguments>();
  command->add_option("from", args->from, "a run folder, or a checkpoint")->required()->type_name("RUN|FILE");
  command->add_option("--data", args->data, "where the images come from")->required()->type_name("SOURCE");
  command->add_option("--out", args->out, "the grid to write")->required()->type_name("FILE.png");
  add_whole(*command, "--count", args->count, "how many: the first ones of the source", 1, 4096);
  add_whole(*command, "--columns", args->columns, "of the grid", 1, 4096);
  command->add_flag("--quiet", args->quiet, "print nothing but errors");
  args->flags.add(*command, compute_options(), "Running");
  return {command, [args] { return reconstruct(*args); }};
}

}  // namespace saddle
