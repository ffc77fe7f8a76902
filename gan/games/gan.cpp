#include <algorithm>
#include <iterator>

#include "core/error.h"
#include "gan/games/models.h"
#include "gan/games/options.h"
#include "gan/games/points.h"
#include "gan/networks/mlp.h"

namespace saddle {
namespace {

std::unique_ptr<Game> make(const Settings& settings, Device device) {
  if (makes_points(settings)) return make_point_game(settings, device);
  const MlpOptions options{settings.integer("size"), image_channels(settings), settings.integer("nz")};
  require<UsageError>(settings.integer("batch") > 1, "gan: batch 1 leaves batch normalisation no variance");
  const DiscriminatorExtras extras = discriminator_extras(settings);
  const AdversarialNetworks networks{
      .generator = [=] { return mlp_generator(options); },
      .discriminator = [=] { return mlp_discriminator(options, extras); },
      .init = [](nn::Module& network, Generator& generator) { network.reset_parameters(generator); },
      .latent = {options.nz},
      .dropout = extras.random};
  return std::make_unique<AdversarialGame>(networks, adversarial_options(settings), device);
}

}  // namespace

Model gan_model() {
  std::vector<Option> own = point_options();
  own.insert(own.begin(), width_option("nz", 100, "numbers in a latent"));
  std::ranges::copy(extras_options(), std::back_inserter(own));
  return {.name = "gan",
          .title = "Fully connected GAN, for small images of any size",
          .paper = "Goodfellow et al., Generative Adversarial Nets, NeurIPS 2014",
          .options = model_options({.size = 28}, own),
          .make = make,
          .for_points = point_defaults()};
}

}  // namespace saddle
