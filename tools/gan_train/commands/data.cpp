// gan-train data SOURCE [--preview FILE.png]
#include <algorithm>
#include <iostream>
#include <map>

#include "core/error.h"
#include "core/io/image.h"
#include "gan/data/loader.h"
#include "gan/run/sampling.h"
#include "tools/gan_train/commands/commands.h"
#include "tools/gan_train/commands/common.h"

namespace saddle {
namespace {

/// So many images are decoded to tell sizes, unless all are asked for.
constexpr int64_t looked_at = 1000;
/// Of sizes, the most frequent ones are listed.
constexpr size_t sizes_listed = 8;
constexpr int64_t preview_count = 64, preview_columns = 8, preview_points = 2500;

struct Arguments {
  std::string source, preview;
  int64_t size = 64, seed = 0;
  bool all = false;
};

/// What decoding some of the images showed.
struct Survey {
  std::map<std::string, int64_t> sizes;
  int64_t seen = 0, bad = 0;
  std::string first_reason;
};

std::string kind(const Tensor& pixels) {
  static constexpr const char* kinds[] = {"grey", "grey and alpha", "colour", "colour and alpha"};
  return concat(pixels.size(1), 'x', pixels.size(0), ' ', kinds[pixels.size(2) - 1]);
}

Survey survey(const Source& source, int64_t count) {
  Survey result;
  for (int64_t k = 0; k < count; ++k, ++result.seen) {
    try {
      ++result.sizes[kind(source.load(k * source.size() / count).pixels)];
    } catch (const OutOfMemory&) {
      throw;
    } catch (const Error& e) {
      if (result.bad++ == 0) result.first_reason = e.what();
    }
  }
  return result;
}

void print_sizes(const Survey& found, int64_t total) {
  std::vector<std::pair<std::string, int64_t>> sizes(found.sizes.begin(), found.sizes.end());
  std::ranges::stable_sort(sizes, std::greater{}, [](const auto& entry) { return entry.second; });
  std::cout << "sizes";
  if (found.seen < total) std::cout << " of " << found.seen << " of them";
  std::cout << ":\n";
  for (size_t i = 0; i < std::min(sizes.size(), sizes_listed); ++i)
    std::cout << "  " << sizes[i].first << ": " << sizes[i].second << '\n';
  if (sizes.size() > sizes_listed) std::cout << "  and " << sizes.size() - sizes_listed << " other sizes\n";
  if (found.bad > 0)
    std::cout << found.bad << (found.bad == 1 ? " does" : " do")
              << " not decode, the first: " << found.first_reason << '\n';
}

void print_classes(const Source& source) {
  if (source.classes().empty()) return;
  std::vector<int64_t> counts(source.classes().size());
  for (int64_t i = 0; i < source.size(); ++i) ++counts[static_cast<size_t>(source.label(i))];
  std::cout << "classes:\n";
  for (size_t c = 0; c < counts.size(); ++c)
    std::cout << "  " << source.classes()[c] << ": " << counts[c] << '\n';
}

int show(const Arguments& args) {
  const std::shared_ptr<const Source> source = open_source(args.source, static_cast<uint64_t>(args.seed));
  std::cout << source->description() << '\n';
  if (!source->has_points())
    print_sizes(survey(*source, args.all ? source->size() : std::min(looked_at, source->size())),
                source->size());
  print_classes(*source);
  if (args.preview.empty()) return 0;
  const bool points = source->has_points();
  Loader loader(source, {.batch = std::min(points ? preview_points : preview_count, source->size()),
                         .size = points ? 1 : args.size,
                         .channels = points ? 2 : 3,
                         .skip_bad = true,
                         .seed = static_cast<uint64_t>(args.seed),
                         .prefetch = 0});
  write_png(args.preview, picture_of(loader.next().images, preview_columns, source->description()));
  return 0;
}

}  // namespace

Command add_data(CLI::App& app) {
  CLI::App* command = app.add_subcommand("data", "Tell what a source of images holds");
  const auto args = std::make_shared<Arguments>();
  command
      ->add_option("source", args->source, "a folder, a file, or built in: shapes, 25-gaussians, 8-gaussians")
      ->required()
      ->type_name("SOURCE");
  command->add_option("--preview", args->preview, "write a grid of images as training sees them")
      ->type_name("FILE.png");
  add_whole(*command, "--size", args->size, "of the images in the preview", 1, 4096);
  add_seed(*command, args->seed, "of the built-in generators and of the choice for the preview");
  command->add_flag("--all", args->all, concat("decode all images, not ", looked_at, " of them"));
  return {command, [args] { return show(*args); }};
}

}  // namespace saddle
