// gan-train attack RUN|FILE --data SOURCE [--method fgsm|pgd] [--eps E] [--out FILE.png] [--count N]
#include "gan/attacks/attack.h"

#include <iomanip>
#include <iostream>

#include "autograd/ops.h"
#include "core/error.h"
#include "core/io/image.h"
#include "gan/confusion.h"
#include "gan/data/grid.h"
#include "gan/data/pass.h"
#include "gan/run/options.h"
#include "tools/gan_train/commands/commands.h"
#include "tools/gan_train/commands/common.h"

namespace saddle {
namespace {

constexpr int64_t columns = 8, shown = 24;

struct Arguments {
  std::string from, data, method = "fgsm", out;
  double eps = 0.1, step = 0.01;
  int64_t steps = 40, count = 1000, seed = 0;
  bool quiet = false;
  CLI::Option *step_given = nullptr, *steps_given = nullptr;
  OptionFlags flags;
};

/// Images, what was added to them, as far as it could go from black to white, and both together.
Tensor picture(const Tensor& images, const Tensor& attacked, double eps) {
  const NoGrad no_grad;
  const int64_t n = std::min(shown, images.size(0));
  const Variable before = slice(images, 0, 0, n), after = slice(attacked, 0, 0, n);
  return comparison_grid({before.value(), ((after - before) * (1 / (2 * eps))).value(), after.value()},
                         columns);
}

int attack_classifier(const Arguments& args) {
  if (!args.out.empty()) require_png(args.out, "grid");
  const bool pgd_asked = args.method == "pgd";
  require<UsageError>(pgd_asked || (args.step_given->count() == 0 && args.steps_given->count() == 0),
                      "--step and --steps are for --method pgd; fgsm takes one step of eps");
  const TrainedClassifier trained =
      TrainedClassifier::open(args.from, compute_device(args.flags), args.quiet);
  Classifier& classifier = trained.classifier;
  require<UsageError>(classifier.knows_labels(), args.from,
                      ": its model found categories by itself; there are no labels to lead it away from");

  const AttackOptions options = pgd_asked ? pgd(args.eps, args.step, args.steps) : fgsm(args.eps);
  Generator random(static_cast<uint64_t>(args.seed));
  Confusion clean(classifier.class_count()), hostile(classifier.class_count());
  Tensor grid;
  for_labelled(open_source(args.data, static_cast<uint64_t>(trained.settings.integer("seed"))),
               loader_options(trained.settings), args.count, [&](const Batch& batch) {
                 clean.add(batch.labels, classify(classifier, batch.images));
                 const Tensor attacked = attack(classifier, batch.images, batch.labels, options, random);
                 hostile.add(batch.labels, classify(classifier, attacked));
                 if (!grid.defined()) grid = picture(batch.images, attacked, args.eps);
               });
  if (!args.out.empty()) write_png(args.out, grid);
  if (!args.quiet)
    std::cout << std::fixed << std::setprecision(4) << "accuracy " << clean.accuracy() << " clean, "
              << hostile.accuracy() << " attacked by " << args.method << " within " << args.eps << ", of "
              << with_commas(clean.total()) << " images\n";
  return 0;
}

}  // namespace

Command add_attack(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("attack", "Change images by little so that a classifier mistakes them");
  const auto args = std::make_shared<Arguments>();
  command->add_option("from", args->from, "a classifier's run folder, or a checkpoint")
      ->required()
      ->type_name("RUN|FILE");
  command->add_option("--data", args->data, "labelled images")->required()->type_name("SOURCE");
  command->add_option("--method", args->method, "fgsm: one step; pgd: many, from a random start")
      ->check(CLI::IsMember({"fgsm", "pgd"}))
      ->capture_default_str();
  command->add_option("--eps", args->eps, "greatest change of a pixel, of values from 0 to 1")
      ->type_name("E")
      ->check(CLI::Range(1e-6, 1.0))
      ->capture_default_str();
  args->step_given = command->add_option("--step", args->step, "of pgd: change in one step")
                         ->type_name("A")
                         ->check(CLI::Range(1e-6, 1.0))
                         ->capture_default_str();
  args->steps_given = add_whole(*command, "--steps", args->steps, "of pgd: how many", 1, 100000);
  add_whole(*command, "--count", args->count, "how many images, the first ones; 0: all", 0, 10000000);
  add_seed(*command, args->seed, "of the random starts");
  command->add_option("--out", args->out, "write a grid: images, what was added, scaled, and their sum")
      ->type_name("FILE.png");
  command->add_flag("--quiet", args->quiet, "print nothing but errors");
  args->flags.add(*command, compute_options(), "Running");
  return {command, [args] { return attack_classifier(*args); }};
}

}  // namespace saddle
