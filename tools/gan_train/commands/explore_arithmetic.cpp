// gan-train explore arithmetic RUN|FILE --out FILE.png --seeds A --minus B --plus C
#include <algorithm>

#include "core/io/image.h"
#include "gan/control/arithmetic.h"
#include "gan/data/grid.h"
#include "gan/run/sampling.h"
#include "tools/gan_train/commands/common.h"
#include "tools/gan_train/commands/explore.h"

namespace saddle {
namespace {

struct Arguments : ExploreArguments {
  std::string seeds, minus, plus;
  double spread = 0.25;
  int64_t seed = 0;
};

/// Of each operand so many images are shown, and all are counted.
constexpr size_t most_shown = 8;
/// The result stands in the middle of a square of its neighbours.
constexpr int64_t around = 8, side = 3;
/// A place of the grid that holds no image.
constexpr int64_t blank = -1;

/// Latents to be shown, and which of them stand where: rows of as many columns.
struct Layout {
  std::vector<Tensor> latents = {};
  std::vector<int64_t> places = {};
  int64_t columns, count = 0;

  int64_t put(const Tensor& some) {
    latents.push_back(some);
    return std::exchange(count, count + some.size(0));
  }
};

/// An operand's row: its images, and behind them, in the last column, that of their mean.
void add_operand(Layout& layout, const Game& game, std::vector<uint64_t> seeds) {
  const Tensor mean = mean_latent(game.latents(seeds));
  seeds.resize(std::min(seeds.size(), most_shown));
  int64_t next = layout.put(game.latents(seeds));
  for (int64_t column = 0; column + 1 < layout.columns; ++column)
    layout.places.push_back(column < static_cast<int64_t>(seeds.size()) ? next++ : blank);
  layout.places.push_back(layout.put(mean));
}

/// The result among its neighbours, in the last columns.
void add_result(Layout& layout, const Tensor& result, const Tensor& near) {
  const int64_t middle = layout.put(result);
  int64_t next = layout.put(near);
  for (int64_t row = 0; row < side; ++row)
    for (int64_t column = side - layout.columns; column < side; ++column)
      layout.places.push_back(column < 0 ? blank : row == 1 && column == 1 ? middle : next++);
}

/// The images where the layout puts them, once for each class; white elsewhere.
Tensor placed(const Layout& layout, const Tensor& images, int64_t classes) {
  Shape shape = images.shape();
  const int64_t one = images.numel() / shape[0], cells = static_cast<int64_t>(layout.places.size());
  shape.set(0, classes * cells);
  Tensor all = Tensor::full(shape, 1);
  for (int64_t label = 0; label < classes; ++label)
    for (int64_t cell = 0; cell < cells; ++cell)
      if (const int64_t at = layout.places[static_cast<size_t>(cell)]; at != blank)
        std::copy_n(images.data<float>() + (label * layout.count + at) * one, one,
                    all.data<float>() + (label * cells + cell) * one);
  return all;
}

int show_arithmetic(const Arguments& args) {
  const Explored explored(args, compute_device(args.flags));
  const Game& game = explored.game();
  const std::vector<std::vector<uint64_t>> operands = {parse_seeds(args.seeds), parse_seeds(args.minus),
                                                       parse_seeds(args.plus)};
  size_t longest = side - 1;
  for (const auto& seeds : operands) longest = std::max(longest, std::min(seeds.size(), most_shown));
  Layout layout{.columns = static_cast<int64_t>(longest) + 1};
  for (const auto& seeds : operands) add_operand(layout, game, seeds);
  const Tensor result =
      latent_arithmetic(game.latents(operands[0]), game.latents(operands[1]), game.latents(operands[2]));
  add_result(layout, result, neighbours(result, around, args.spread, static_cast<uint64_t>(args.seed)));
  const Tensor images = explored.images(joined(layout.latents));
  write_png(args.out, image_grid(placed(layout, images, explored.of_each()), layout.columns));
  return 0;
}

}  // namespace

Command add_explore_arithmetic(CLI::App& explore) {
  CLI::App* command = explore.add_subcommand(
      "arithmetic", "The image of latents added and subtracted: those of seeds, each the mean of several");
  const auto args = std::make_shared<Arguments>();
  args->add(*command, "--class", one_below_the_other);
  command->add_option("--seeds", args->seeds, "what to start from, as in 0,1,4-6")->required();
  command->add_option("--minus", args->minus, "seeds whose mean is subtracted")->required();
  command->add_option("--plus", args->plus, "seeds whose mean is added")->required();
  command
      ->add_option("--spread", args->spread, "the result's neighbours differ by up to this, in each number")
      ->type_name("E")
      ->check(CLI::Range(1e-6, 1000.0))
      ->capture_default_str();
  add_seed(*command, args->seed, "of the neighbours");
  return {command, [args] { return show_arithmetic(*args); }};
}

}  // namespace saddle
