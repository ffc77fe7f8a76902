// gan-train sample RUN|FILE --out FILE.png [--count N | --seeds 0,1,4-6 | --interpolate A,B] [--class K]
//                  [--trunc T] [--each DIR]
#include "gan/run/sampling.h"

#include <cmath>
#include <filesystem>
#include <iomanip>
#include <sstream>

#include "core/error.h"
#include "core/io/image.h"
#include "gan/control/interpolation.h"
#include "gan/control/truncation.h"
#include "gan/data/grid.h"
#include "gan/games/points.h"
#include "gan/run/options.h"
#include "tools/gan_train/commands/commands.h"
#include "tools/gan_train/commands/common.h"

namespace saddle {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string from, out, each, seeds, interpolate, classes;
  int64_t count = 64, seed = 0, frames = 8, columns = 0;
  double truncation = 0;
  bool linear = false, quiet = false;
  CLI::Option* count_given = nullptr;
  OptionFlags flags;
};

/// Images to be, and the names of their files.
struct Wanted {
  SampleInputs inputs;
  std::vector<std::string> names;
  int64_t columns;
};

/// One class has as many images as a model without classes; of several, each has a row.
constexpr int64_t row = 8;

std::string numbered(const std::string& what, uint64_t number) {
  std::ostringstream name;
  name << what << '-' << std::setw(6) << std::setfill('0') << number << ".png";
  return name.str();
}

std::vector<uint64_t> seeds_of(const Arguments& args, bool several_classes) {
  if (!args.seeds.empty()) return parse_seeds(args.seeds);
  const bool one_row = several_classes && args.count_given->count() == 0;
  return seeds_from(static_cast<uint64_t>(args.seed), one_row ? row : args.count);
}

Tensor latents_of(const Arguments& args, const Game& game, const std::vector<uint64_t>& seeds) {
  return args.truncation > 0 ? truncated_latents(game, seeds, args.truncation) : game.latents(seeds);
}

Tensor way_between(const Arguments& args, const Game& game) {
  const std::vector<uint64_t> ends = parse_seeds(args.interpolate);
  require<UsageError>(ends.size() == 2, "--interpolate ", args.interpolate,
                      ": two seeds are needed, as in 3,8");
  const Shape latent = game.latent_shape();
  const auto end = [&](uint64_t seed) {
    return latents_of(args, game, {seed}).reshape({latent.begin(), latent.end()});
  };
  return interpolate(end(ends[0]), end(ends[1]), args.frames, args.linear ? Path::linear : Path::spherical);
}

Wanted wanted(const Arguments& args, const Game& game) {
  std::vector<int64_t> classes;
  if (game.classes() > 0)
    classes = parse_classes(args.classes.empty() ? "all" : args.classes, game.classes());
  const bool frames = !args.interpolate.empty();
  const std::vector<uint64_t> numbers =
      frames ? seeds_from(0, args.frames) : seeds_of(args, classes.size() > 1);

  Wanted result;
  result.inputs.latents = frames ? way_between(args, game) : latents_of(args, game, numbers);
  if (!classes.empty()) result.inputs = each_class(result.inputs.latents, classes);
  const auto count = static_cast<int64_t>(numbers.size());
  result.columns = frames || classes.size() > 1
                       ? count
                       : static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
  if (args.columns > 0) result.columns = args.columns;
  const std::string what = frames ? "frame" : "seed";
  if (classes.empty()) classes.push_back(-1);
  for (const int64_t label : classes)
    for (const uint64_t number : numbers)
      result.names.push_back(numbered(label < 0 ? what : concat("class-", label, '-', what), number));
  return result;
}

void write_each(const fs::path& folder, const Tensor& images, const std::vector<std::string>& names) {
  std::error_code error;
  fs::create_directories(folder, error);
  require<Error>(!error, folder.string(), ": the folder cannot be made: ", error.message());
  const Tensor pixels = to_pixels(images);
  const Shape one{pixels.size(1), pixels.size(2), pixels.size(3)};
  for (size_t i = 0; i < names.size(); ++i) {
    const auto* from = pixels.data<uint8_t>() + static_cast<int64_t>(i) * one.numel();
    write_png(folder / names[i],
              Tensor::from(std::span<const uint8_t>(from, static_cast<size_t>(one.numel())), one));
  }
}

int sample(const Arguments& args) {
  require<UsageError>(!args.out.empty() || !args.each.empty(),
                      "nowhere to put images: --out names a grid.png, --each a folder for one file each");
  if (!args.out.empty()) require_png(args.out, "grid");
  const Device device = compute_device(args.flags);

  const Checkpoint checkpoint = open_checkpoint(args.from, warnings(args.quiet));
  const std::unique_ptr<Game> game = make_game(checkpoint, device);
  require<UsageError>(game->generates(), "the model ", checkpoint.model, " makes no images");
  require<UsageError>(args.classes.empty() || game->classes() > 0, "--class: the model ", checkpoint.model,
                      " knows no classes");
  require<UsageError>(args.each.empty() || !makes_points(settings_of(checkpoint)), "--each: the model ",
                      checkpoint.model, " makes points here, which have no files each");
  const Wanted images_of = wanted(args, *game);
  const Tensor images = game->generate(images_of.inputs.latents, images_of.inputs.labels);
  if (!args.each.empty()) write_each(args.each, images, images_of.names);
  if (!args.out.empty()) write_png(args.out, picture_of(images, images_of.columns, checkpoint.data));
  return 0;
}

}  // namespace

Command add_sample(CLI::App& app) {
  CLI::App* command = app.add_subcommand("sample", "Make images with a trained generator");
  const auto args = std::make_shared<Arguments>();
  command->add_option("from", args->from, "a run folder, or a checkpoint")->required()->type_name("RUN|FILE");
  command->add_option("--out", args->out, "write a grid of the images")->type_name("FILE.png");
  command->add_option("--each", args->each, "write each image to a file of its own")->type_name("DIR");
  auto* count = args->count_given =
      add_whole(*command, "--count", args->count, "how many, with seeds 0, 1 and on; of several classes each",
                1, 65536);
  add_seed(*command, args->seed, "with --count: the first seed");
  auto* seeds = command->add_option("--seeds", args->seeds, "these seeds, as in 0,1,4-6")->excludes(count);
  command->add_option("--interpolate", args->interpolate, "the way from one seed to another, as in 3,8")
      ->type_name("A,B")
      ->excludes(count)
      ->excludes(seeds);
  add_whole(*command, "--frames", args->frames, "with --interpolate: how many images, both ends included", 2,
            65536);
  command->add_flag("--linear", args->linear, "with --interpolate: the straight way, not the great circle");
  command->add_option("--columns", args->columns, "of the grid; 0: as many as rows, or one row of frames")
      ->type_name("N")
      ->check(CLI::Range(0, 65536));
  command->add_option("--class", args->classes, "of these classes, as in 3 or 0,4-6; all: a row each")
      ->type_name("K");
  command
      ->add_option("--trunc,--truncation", args->truncation,
                   "draw numbers of latents that are farther from 0 anew: images are better and more alike")
      ->type_name("T")
      ->check(CLI::Range(0.01, 1000.0));
  command->add_flag("--quiet", args->quiet, "print nothing but errors");
  args->flags.add(*command, compute_options(), "Running");
  return {command, [args] { return sample(*args); }};
}

}  // namespace saddle
