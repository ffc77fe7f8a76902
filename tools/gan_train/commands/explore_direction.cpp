// gan-train explore direction RUN|FILE --classifier RUN|FILE --class K --out FILE.png [--hold K,K]
//                             [--csv FILE.csv]
#include <algorithm>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "autograd/ops.h"
#include "core/error.h"
#include "core/io/file.h"
#include "core/io/image.h"
#include "gan/control/movement.h"
#include "gan/data/grid.h"
#include "gan/run/sampling.h"
#include "tools/gan_train/commands/common.h"
#include "tools/gan_train/commands/explore.h"

namespace saddle {
namespace {

struct Arguments : ExploreArguments {
  std::string classifier, feature, hold, csv;
  double angle = 0.1;
  int64_t steps = 8, count = 64, rows = 8, seed = 0;
};

DirectionOptions direction_of(const Arguments& args, int64_t classes) {
  const std::vector<int64_t> feature = parse_classes(args.feature, classes);
  require<UsageError>(feature.size() == 1, "--class ", args.feature,
                      ": latents move towards one class, these are ", feature.size());
  return {.feature = feature[0],
          .hold = args.hold.empty() ? std::vector<int64_t>{} : parse_classes(args.hold, classes),
          .angle = args.angle,
          .steps = args.steps};
}

/// For each latent a class that the generator is given, those chosen by turns; undefined if it knows none.
Tensor labels_of(const Explored& explored, int64_t count) {
  if (explored.classes().empty()) return {};
  Tensor labels = Tensor::empty({count}, DType::i64);
  for (int64_t i = 0; i < count; ++i)
    labels.data<int64_t>()[i] = explored.classes()[static_cast<size_t>(i % explored.of_each())];
  return labels;
}

/// A row for each of the first latents, a column for each step.
Tensor picture(Game& game, const Journey& journey, const Tensor& labels, int64_t rows) {
  const NoGrad no_grad;
  const auto first = [&](const Tensor& all) { return slice(all, 0, 0, rows).value(); };
  std::vector<Variable> columns;
  for (const Tensor& latents : journey.latents)
    columns.emplace_back(game.generate(first(latents), labels.defined() ? first(labels) : Tensor()));
  const Variable images = stack(columns, 1);
  return image_grid(reshape(images, {-1, images.size(2), images.size(3), images.size(4)}).value(),
                    journey.steps() + 1);
}

const char* role_of(int64_t one, const DirectionOptions& options) {
  if (one == options.feature) return "target";
  return std::ranges::count(options.hold, one) > 0 ? "held" : "other";
}

void write_csv(const std::string& path, const std::vector<Movement>& moved, const DirectionOptions& options) {
  std::ostringstream text;
  text << "class,role,logit_change,logit_correlation,probability_change,probability_correlation\n";
  for (size_t i = 0; i < moved.size(); ++i) {
    const auto& [logit, probability] = moved[i];
    text << i << ',' << role_of(static_cast<int64_t>(i), options) << ',' << logit.change << ','
         << logit.correlation << ',' << probability.change << ',' << probability.correlation << '\n';
  }
  write_file_atomically(path, text.str());
}

void print(const std::vector<Movement>& moved, const DirectionOptions& options) {
  std::cout << "class  moved       logit  correlation  probability  correlation\n"
            << std::fixed << std::setprecision(4);
  for (size_t i = 0; i < moved.size(); ++i) {
    const auto& [logit, probability] = moved[i];
    std::cout << std::setw(5) << i << "  " << std::left << std::setw(6)
              << role_of(static_cast<int64_t>(i), options) << std::right << std::showpos << std::setw(10)
              << logit.change << std::setw(13) << logit.correlation << std::setw(13) << probability.change
              << std::setw(13) << probability.correlation << std::noshowpos << '\n';
  }
}

int follow(const Arguments& args) {
  const Device device = compute_device(args.flags);
  const Explored explored(args, device);
  const auto [game, classifier, settings] = TrainedClassifier::open(args.classifier, device, args.quiet);
  require_same_images(args.from, settings_of(explored.checkpoint()), settings);
  const DirectionOptions options = direction_of(args, classifier.class_count());

  const Tensor latents = explored.game().latents(seeds_from(static_cast<uint64_t>(args.seed), args.count));
  const Tensor labels = labels_of(explored, args.count);
  const Journey journey = follow_direction(explored.game(), classifier, latents, labels, options);
  const std::vector<Movement> moved = movements(journey, options.feature);
  write_png(args.out, picture(explored.game(), journey, labels, std::min(args.rows, args.count)));
  if (!args.csv.empty()) write_csv(args.csv, moved, options);
  if (!args.quiet) print(moved, options);
  return 0;
}

}  // namespace

Command add_explore_direction(CLI::App& explore) {
  CLI::App* command = explore.add_subcommand(
      "direction", "Move latents so that a classifier sees more of a class, and tell what else it sees");
  const auto args = std::make_shared<Arguments>();
  args->add(*command, "--given",
            "of models that are given classes: which, by turns, as in 3 or 0,4-6; all if none is named");
  command->add_option("--classifier", args->classifier, "who tells classes of such images")
      ->required()
      ->type_name("RUN|FILE");
  command->add_option("--class,--feature", args->feature, "the classifier's class to move towards")
      ->required()
      ->type_name("K");
  command->add_option("--hold", args->hold, "classes whose logits are to stay, as in 0,4-6")->type_name("K");
  command->add_option("--angle", args->angle, "of each step, in radians: latents move on a sphere")
      ->type_name("A")
      ->check(CLI::Range(1e-6, 1.57))
      ->capture_default_str();
  add_whole(*command, "--steps", args->steps, "how many", 1, 4096);
  add_whole(*command, "--count", args->count, "latents that move, of seeds 0, 1 and on", 1, 65536);
  add_seed(*command, args->seed, "the first seed");
  add_whole(*command, "--rows", args->rows, "latents that are shown, the first ones", 1, 4096);
  command->add_option("--csv", args->csv, "write how each class moved")->type_name("FILE.csv");
  return {command, [args] { return follow(*args); }};
}

}  // namespace saddle
