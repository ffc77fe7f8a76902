// gan-train study augmentation --data SOURCE --test SOURCE --generator RUN|FILE --out NAME [--p-real LIST]
// ...
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "core/error.h"
#include "core/io/file.h"
#include "core/io/image.h"
#include "gan/confusion.h"
#include "gan/data/mixed.h"
#include "gan/plot/plot.h"
#include "gan/run/augmentation.h"
#include "gan/run/options.h"
#include "tools/gan_train/commands/commands.h"
#include "tools/gan_train/commands/common.h"
#include "tools/gan_train/commands/option_flags.h"

namespace saddle {
namespace {

struct Arguments {
  std::string data, test, generator, out;
  std::vector<double> shares = {1, 0.75, 0.5, 0.25, 0};
  int64_t images = 1000, generated = 10000, repeats = 1, tested = 0;
  bool quiet = false;
  OptionFlags flags;
};

/// The accuracies that the classifiers reached at one share of real images, one a seed.
struct Point {
  double p_real;
  std::vector<double> accuracies = {};

  double mean() const {
    double sum = 0;
    for (const double accuracy : accuracies) sum += accuracy;
    return sum / static_cast<double>(accuracies.size());
  }
};

double trained_accuracy(const std::shared_ptr<const Source>& source,
                        const std::shared_ptr<const Source>& test, const Settings& settings, Device device,
                        int64_t tested) {
  const std::unique_ptr<Game> game = find_model("classifier").make(settings, device);
  Loader loader(source, loader_options(settings));
  for (int64_t step = 0; step < settings.integer("steps"); ++step) game->step({loader.next()});
  return evaluate(classifier_in(*game, "classifier"), test, loader_options(settings), tested).accuracy();
}

void write_csv(const std::string& path, const std::vector<Point>& points) {
  std::ostringstream text;
  text << "p_real,seed,accuracy\n";
  for (const Point& point : points)
    for (size_t seed = 0; seed < point.accuracies.size(); ++seed)
      text << point.p_real << ',' << seed << ',' << point.accuracies[seed] << '\n';
  write_file_atomically(path, text.str());
}

Plot plot_of(const std::vector<Point>& points) {
  Series each{.x = {}, .y = {}, .label = "one classifier", .mark = Mark::points, .size = 3};
  Series means{.x = {}, .y = {}, .label = "mean", .mark = Mark::both, .size = 3};
  for (const Point& point : points) {
    for (const double accuracy : point.accuracies) {
      each.x.push_back(point.p_real);
      each.y.push_back(accuracy);
    }
    means.x.push_back(point.p_real);
    means.y.push_back(point.mean());
  }
  return {.title = "Accuracy by share of real images",
          .x_label = "p_real",
          .y_label = "accuracy",
          .series = {means, each}};
}

int study_augmentation(const Arguments& args) {
  Settings settings = run_settings(find_model("classifier"));
  settings.set("data", args.data);
  args.flags.apply(settings);
  const Device device = apply_compute_options(settings);
  const std::shared_ptr<const Source> real = first_images(open_data(settings), args.images);
  const std::shared_ptr<const Source> test = open_source(args.test, 0);
  require<UsageError>(test->classes().size() == real->classes().size(), args.test, ": has ",
                      test->classes().size(), " classes, the data to learn from ", real->classes().size());
  const std::shared_ptr<const Source> made =
      generated_source({.from = args.generator, .count = args.generated}, real->classes(), device);

  std::vector<Point> points;
  for (const double share : args.shares) {
    points.push_back({.p_real = share});
    const auto source = share == 1 ? real : share == 0 ? made : mixed(real, made, share);
    for (int64_t seed = 0; seed < args.repeats; ++seed) {
      settings.set("seed", seed);
      points.back().accuracies.push_back(trained_accuracy(source, test, settings, device, args.tested));
    }
    if (!args.quiet)
      std::cout << "p_real " << share << ": accuracy " << std::fixed << std::setprecision(4)
                << points.back().mean() << std::defaultfloat << std::endl;
  }
  write_csv(args.out + ".csv", points);
  write_png(args.out + ".png", draw(plot_of(points)));
  return 0;
}

/// Options of the classifiers that the study trains and does not set itself.
std::vector<Option> classifier_options() {
  std::vector<Option> options = find_model("classifier").options;
  std::erase_if(options, [](const Option& option) {
    return option.name == "generator" || option.name == "generated" || option.name == "p-real" ||
           option.name == "seed";
  });
  options.push_back({"steps", int64_t{1000}, "steps of each classifier", 1});
  options.push_back({"flip", false, "mirror half of the images"});
  return options;
}

}  // namespace

Command add_study(CLI::App& app) {
  CLI::App* command = app.add_subcommand("study", "Train many times to see what one number does");
  CLI::App* study = command->add_subcommand(
      "augmentation", "Accuracy of classifiers by the share of real images among a generator's");
  command->require_subcommand(1);
  const auto args = std::make_shared<Arguments>();
  study->add_option("--data", args->data, "labelled images to learn from")->required()->type_name("SOURCE");
  study->add_option("--test", args->test, "labelled images to be judged by")->required()->type_name("SOURCE");
  study->add_option("--generator", args->generator, "a generator that is given classes")
      ->required()
      ->type_name("RUN|FILE");
  study->add_option("--out", args->out, "writes NAME.csv and NAME.png")->required()->type_name("NAME");
  study->add_option("--p-real", args->shares, "shares of real images: 0, 1, or from 0.01 to 0.99")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 1.0))
      ->type_name("P,P,..")
      ->capture_default_str();
  study->add_option("--images", args->images, "how many real images to learn from, the first ones")
      ->type_name("N")
      ->check(CLI::Range(1, 10000000))
      ->capture_default_str();
  study->add_option("--generated", args->generated, "how many images the generator makes")
      ->type_name("N")
      ->check(CLI::Range(1, 10000000))
      ->capture_default_str();
  study->add_option("--repeats", args->repeats, "classifiers of each share, with seeds 0, 1 and on")
      ->type_name("N")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  study->add_option("--test-count", args->tested, "how many images to be judged by, the first ones; 0: all")
      ->type_name("N")
      ->check(CLI::Range(0, 10000000))
      ->capture_default_str();
  study->add_flag("--quiet", args->quiet, "print nothing but errors");
  args->flags.add(*study, classifier_options(), "Classifier");
  args->flags.add(*study, compute_options(), "Running");
  return {command, [args] { return study_augmentation(*args); }};
}

}  // namespace saddle
