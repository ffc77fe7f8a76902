#include "gan/run/options.h"

#include <toml++/toml.h>
#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/precision.h"
#include "core/thread_pool.h"
#include "gan/data/mixed.h"
#include "gan/data/partly_labelled.h"
#include "gan/games/options.h"
#include "gan/run/augmentation.h"

namespace saddle {
namespace {

/// So many images tell whether a source has colour.
constexpr int64_t looked_at = 16;

bool has_colour(const Source& source, bool skip_bad) {
  int64_t seen = 0;
  for (int64_t i = 0; i < source.size() && seen < looked_at; ++i) {
    try {
      if (source.load(i).pixels.size(2) >= 3) return true;
      ++seen;
    } catch (const OutOfMemory&) {
      throw;
    } catch (const Error&) {
      if (!skip_bad) throw;
    }
  }
  return false;
}

/// Lets the option `classes` say how many there are, where it leaves that to the data.
void settle_classes(Settings& settings, const Source& source) {
  const auto has = static_cast<int64_t>(source.classes().size());
  const std::string& model = settings.text("model");
  require<UsageError>(has > 0, model, " learns from labels, and the data has none: ", source.description());
  if (settings.integer("classes") == 0) settings.set("classes", has);
  require<UsageError>(has <= settings.integer("classes"), "option 'classes': ", settings.integer("classes"),
                      " are fewer than the ", has, " of the data");
}

/// Options that name files and folders: a path is a machine's own.
bool is_place(const std::string& option) {
  return option == "data" || option == "generator" || option == "target";
}

/// The source with what the option `generator` adds to it.
std::shared_ptr<const Source> settle_generator(Settings& settings,
                                               const std::shared_ptr<const Source>& source) {
  const std::string given = settings.text("generator");
  const double p_real = settings.number("p-real");
  require<UsageError>(given.empty() == (p_real == 1), "option 'p-real': ",
                      given.empty()
                          ? "there are real images alone; option 'generator' names where others come from"
                          : "1 leaves no place for images of the option 'generator'");
  if (given.empty()) return source;
  settings.set("generator", std::filesystem::absolute(given).string());
  return augmented(source, {.from = given, .count = settings.integer("generated")}, p_real,
                   parse_device(settings.text("device")));
}

/// The source that the option `target` names, without its labels; null for models that have none.
std::shared_ptr<const Source> open_target(Settings& settings) {
  if (settings.find("target") == nullptr) return nullptr;
  const std::string given = settings.text("target"), model = settings.text("model");
  require<UsageError>(!given.empty(), model,
                      " adapts to images of another kind; option 'target' names where they come from");
  std::shared_ptr<const Source> target = open_source(given, static_cast<uint64_t>(settings.integer("seed")));
  require<UsageError>(!target->has_points(), "option 'target': ", model,
                      " learns images, and these are points: ", target->description());
  if (!is_built_in_source(given)) settings.set("target", std::filesystem::absolute(given).string());
  return without_labels(std::move(target));
}

/// Points of the plane: what would be said of images, and the model's defaults for them.
void settle_points(Settings& settings, const Source& source) {
  const std::string& model = settings.text("model");
  const auto& defaults = find_model(model).for_points;
  require<UsageError>(!defaults.empty(), model,
                      " learns images, and the data has none: ", source.description());
  const int64_t channels = settings.integer("channels");
  require<UsageError>(channels == 0 || channels == 2, "option 'channels': ", channels,
                      " is for images, and the data is points: ", source.description());
  require<UsageError>(!settings.flag("flip"), "option 'flip': points are not mirrored");
  settings.set("channels", int64_t{2});
  settings.set("size", int64_t{1});
  for (const auto& [name, value] : defaults)
    if (!settings.is_set(name)) settings.set(name, value);
}

/// The value of `model` in TOML text.
std::string model_in(const std::string& toml, const std::string& origin) {
  try {
    const auto model = toml::parse(toml)["model"].value<std::string>();
    require<UsageError>(model.has_value(), origin, ": names no model; a line `model = \"dcgan\"` would");
    return *model;
  } catch (const toml::parse_error& e) {
    throw UsageError(concat(origin, ":", e.source().begin.line, ": ", e.description()));
  }
}

}  // namespace

// clang-format off
std::vector<Option> training_options() {
  return {
      {"data", std::string(), "where images come from: a folder, a file, or built in: shapes; points: 25-gaussians, 8-gaussians"},
      {"steps", int64_t{5000}, "steps in all", 1},
      {"flip", false, "mirror half of the images"},
      {"background", 1.0, "grey level behind transparent pixels, 1: white", 0, 1},
  };
}

std::vector<Option> running_options() {
  std::vector<Option> all = {
      {"skip-bad", false, "leave out images that do not decode, instead of stopping"},
      {"log-every", int64_t{20}, "steps between lines of log.jsonl; 0: never", 0},
      {"sample-every", int64_t{250}, "steps between grids of samples; 0: never", 0},
      {"checkpoint-every", int64_t{500}, "steps between checkpoints; 0: the last step alone", 0},
      {"keep-checkpoints", int64_t{0}, "how many of the newest checkpoints to keep; 0: all", 0},
      {"graph", true, "on a GPU, capture the training step once and replay it"},
  };
  const std::vector<Option> compute = compute_options();
  all.insert(all.end(), compute.begin(), compute.end());
  return all;
}

std::vector<Option> compute_options() {
  return {
      {"device", std::string("auto"), "what computes: auto, cpu, cuda or cuda:N"},
      {"threads", int64_t{0}, "threads on the CPU; 0: one a processor", 0, 1024},
      {"precision", std::string("fp32"), "of products on a GPU's tensor cores; fp32: not on them", 0, 0,
       {"fp32", "tf32", "bf16"}},
  };
}
// clang-format on

Settings run_settings(const Model& model) {
  Settings settings({{"model", model.name, model.title, 0, 0, {model.name}}});
  settings.add(training_options());
  settings.add(model.options);
  settings.add(running_options());
  return settings;
}

Settings read_run_settings(const std::string& toml, const std::string& origin) {
  const std::string name = model_in(toml, origin);
  const auto known = std::ranges::find(models(), name, &Model::name);
  require<UsageError>(known != models().end(), origin, ": there is no model '", name, "'");
  Settings settings = run_settings(*known);
  settings.read_toml(toml, origin);
  return settings;
}

std::string training_toml(const Settings& settings) {
  const std::vector<Option> running = running_options();
  std::string out;
  for (const Option& option : settings.options())
    if (!is_place(option.name) && std::ranges::find(running, option.name, &Option::name) == running.end())
      out += option.name + " = " + to_toml(settings.value(option.name)) + "\n";
  return out;
}

LoaderOptions loader_options(const Settings& settings) {
  return {.batch = settings.integer("batch"),
          .size = settings.integer("size"),
          .channels = settings.integer("channels"),
          .flip = settings.flag("flip"),
          .skip_bad = settings.flag("skip-bad"),
          .background = settings.number("background"),
          .seed = static_cast<uint64_t>(settings.integer("seed"))};
}

std::shared_ptr<const Source> open_data(Settings& settings) {
  const std::string given = settings.text("data");
  require<UsageError>(!given.empty(), "no data: --data names a folder or file of images, or the built-in ",
                      "shapes");
  std::shared_ptr<const Source> source = open_source(given, static_cast<uint64_t>(settings.integer("seed")));
  if (!is_built_in_source(given)) settings.set("data", std::filesystem::absolute(given).string());
  if (source->has_points()) settle_points(settings, *source);
  require<UsageError>(source->has_points() || settings.integer("channels") != 2,
                      "option 'channels': 2 is for points, and the data is images: ", source->description());
  const std::shared_ptr<const Source> target = open_target(settings);
  if (settings.integer("channels") == 0) {
    const bool skip_bad = settings.flag("skip-bad");
    const bool colour = has_colour(*source, skip_bad) || (target && has_colour(*target, skip_bad));
    settings.set("channels", int64_t{colour ? 3 : 1});
  }
  if (learns_from_labels(settings)) settle_classes(settings, *source);
  if (settings.find("labelled") != nullptr && settings.integer("labelled") > 0)
    source = partly_labelled(source, settings.integer("labelled"));
  if (target) source = mixed(source, target, 0.5);
  if (settings.find("generator") != nullptr) source = settle_generator(settings, source);
  return source;
}

Device apply_compute_options(const Settings& settings) {
  if (const int64_t threads = settings.integer("threads"); threads != 0)
    set_num_threads(static_cast<int>(threads));
  const Device device = parse_device(settings.text("device"));
  set_precision(settings.text("precision"), device);
  return device;
}

}  // namespace saddle
