// gan-train evaluate RUN|FILE --data SOURCE | --generator RUN|FILE [--count N] [--json FILE.json]
#include <iomanip>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/io/file.h"
#include "gan/confusion.h"
#include "gan/run/options.h"
#include "tools/gan_train/commands/commands.h"
#include "tools/gan_train/commands/common.h"

namespace saddle {
namespace {

/// A generator is judged by so many images if nothing else is said.
constexpr int64_t generated = 10000;

struct Arguments {
  std::string from, data, generator, json;
  int64_t count = 0;
  bool quiet = false;
  OptionFlags flags;
};

/// What was judged, by what, and how it went.
struct Judgement {
  std::string of, origin;
  std::vector<std::string> classes;
  Confusion confusion;
  std::vector<int64_t> answers = {};  ///< that go with the classes, where there are names for neither
};

/// Calls answers by the classes that they go with.
void match(Judgement& judged) {
  judged.answers = best_answers(judged.confusion);
  judged.confusion = judged.confusion.renamed(judged.answers);
}

Judgement judge_data(const Arguments& args, Classifier& classifier, const Settings& settings) {
  const std::shared_ptr<const Source> source =
      open_source(args.data, static_cast<uint64_t>(settings.integer("seed")));
  Judgement judged{.of = source->description(),
                   .origin = args.data,
                   .classes = source->classes(),
                   .confusion = evaluate(classifier, source, loader_options(settings), args.count)};
  if (!classifier.knows_labels()) match(judged);
  return judged;
}

Judgement judge_generator(const Arguments& args, Classifier& classifier, const Settings& settings) {
  const Checkpoint checkpoint = open_checkpoint(args.generator, warnings(args.quiet));
  require_same_images(args.generator, settings_of(checkpoint), settings);
  const std::unique_ptr<Game> generator = make_game(checkpoint, classifier.device());
  Judgement judged{
      .of = concat("images by ", checkpoint.model, ", step ", checkpoint.step),
      .origin = args.generator,
      .classes = {},
      .confusion = evaluate_generator(classifier, *generator, args.count == 0 ? generated : args.count)};
  if (!classifier.knows_labels() || has_own_categories(*generator)) match(judged);
  return judged;
}

std::string class_name(const Judgement& judged, int64_t label) {
  const auto i = static_cast<size_t>(label);
  return i < judged.classes.size() ? judged.classes[i] : std::to_string(label);
}

void print(const Judgement& judged) {
  const Confusion& confusion = judged.confusion;
  const bool matched = !judged.answers.empty();
  std::cout << std::fixed << std::setprecision(4) << "accuracy " << confusion.accuracy() << " of "
            << with_commas(confusion.total()) << ' ' << (judged.classes.empty() ? "" : "images: ")
            << judged.of << (matched ? "; categories matched one to one\n" : "\n");
  size_t width = 5;
  for (int64_t label = 0; label < confusion.classes(); ++label)
    width = std::max(width, class_name(judged, label).size());
  std::cout << std::left << std::setw(static_cast<int>(width)) << "class" << std::right
            << (matched ? "  matched" : "") << "  accuracy    taken for "
            << (matched ? "what matches 0, 1, ..\n" : "0, 1, ..\n");
  for (int64_t label = 0; label < confusion.classes(); ++label) {
    std::cout << std::left << std::setw(static_cast<int>(width)) << class_name(judged, label) << std::right;
    if (matched) std::cout << std::setw(9) << judged.answers[static_cast<size_t>(label)];
    std::cout << "  " << std::setw(8) << confusion.accuracy(label) << "  ";
    for (int64_t other = 0; other < confusion.classes(); ++other)
      std::cout << ' ' << std::setw(5) << confusion.count(label, other);
    std::cout << '\n';
  }
}

void write_json(const std::string& path, const Judgement& judged) {
  const Confusion& confusion = judged.confusion;
  auto classes = nlohmann::ordered_json::array();
  for (int64_t label = 0; label < confusion.classes(); ++label) {
    std::vector<int64_t> row;
    for (int64_t other = 0; other < confusion.classes(); ++other)
      row.push_back(confusion.count(label, other));
    classes.push_back({{"class", class_name(judged, label)},
                       {"images", confusion.total(label)},
                       {"accuracy", confusion.accuracy(label)},
                       {"taken_for", row}});
    if (!judged.answers.empty()) classes.back()["matched"] = judged.answers[static_cast<size_t>(label)];
  }
  const nlohmann::ordered_json report = {{"of", judged.of},
                                         {"from", judged.origin},
                                         {"images", confusion.total()},
                                         {"accuracy", confusion.accuracy()},
                                         {"classes", classes}};
  write_file_atomically(path, report.dump(2) + "\n");
}

int evaluate_classifier(const Arguments& args) {
  require<UsageError>(
      args.data.empty() != args.generator.empty(),
      "evaluate on one of two: --data names a labelled source, --generator a trained generator");
  const auto [game, classifier, settings] =
      TrainedClassifier::open(args.from, compute_device(args.flags), args.quiet);
  const Judgement judged = args.generator.empty() ? judge_data(args, classifier, settings)
                                                  : judge_generator(args, classifier, settings);
  if (!args.json.empty()) write_json(args.json, judged);
  if (!args.quiet) print(judged);
  return 0;
}

}  // namespace

Command add_evaluate(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "evaluate",
      "Tell how well a classifier knows the classes of a source, or of a generator's images; "
      "categories that a model found by itself are matched to them");
  const auto args = std::make_shared<Arguments>();
  command->add_option("from", args->from, "a classifier's run folder, or a checkpoint")
      ->required()
      ->type_name("RUN|FILE");
  command->add_option("--data", args->data, "labelled images")->type_name("SOURCE");
  command
      ->add_option("--generator", args->generator,
                   "a generator that is given classes: is it the class asked for?")
      ->type_name("RUN|FILE");
  add_whole(*command, "--count", args->count, "how many images; 0: all of the source, 10000 of a generator",
            0, 10000000);
  command->add_option("--json", args->json, "write the numbers")->type_name("FILE.json");
  command->add_flag("--quiet", args->quiet, "print nothing but errors");
  args->flags.add(*command, compute_options(), "Running");
  return {command, [args] { return evaluate_classifier(*args); }};
}

}  // namespace saddle
