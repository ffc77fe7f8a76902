#include <algorithm>
#include <iterator>

#include "core/error.h"
#include "gan/games/conditioning.h"
#include "gan/games/models.h"
#include "gan/games/options.h"
#include "gan/games/points.h"
#include "gan/games/telling.h"
#include "gan/networks/mlp.h"

namespace saddle {
namespace {

/// Images are not what the class is joined to, but their pixels: the network does that by itself.
std::shared_ptr<nn::Module> discriminator(const MlpOptions& options, const DiscriminatorExtras& extras,
                                          const Condition& condition) {
  auto network = mlp_discriminator(options, extras);
  return options.classes > 0 ? network : condition.discriminator(network);
}

std::unique_ptr<Game> make(const Settings& settings, Device device) {
  if (makes_points(settings)) return make_point_game(settings, device);
  const int64_t nz = settings.integer("nz");
  const Condition condition(settings);
  const MlpOptions options{.size = settings.integer("size"),
                           .channels = image_channels(settings),
                           .nz = nz + condition.joined_to_latents(),
                           .width = settings.integer("width"),
                           .norm = condition.norm1d(),
                           .classes = condition.joined_to_images()};
  require<UsageError>(settings.integer("batch") > 1, "gan: batch 1 leaves batch normalisation no variance");
  const DiscriminatorExtras extras = discriminator_extras(settings);
  const AdversarialNetworks networks{
      .generator = [=] { return condition.generator(mlp_generator(options)); },
      .discriminator = [=] { return discriminator(options, extras, condition); },
      .init = [](nn::Module& network, Generator& generator) { network.reset_parameters(generator); },
      .latent = {nz},
      .classes = condition.classes(),
      .dropout = extras.random};
  AdversarialOptions game = adversarial_options(settings);
  game.task = condition.task();
  return adversarial_game(networks, game, device);
}

}  // namespace

Model gan_model() {
  std::vector<Option> own = conditioning_options("none");
  std::ranges::move(point_options(), std::back_inserter(own));
  own.insert(
      own.begin(),
      {width_option("nz", 100, "numbers in a latent"),
       width_option("width", 128, "width of the generator's first layer, which others are multiples of")});
  std::ranges::copy(extras_options(), std::back_inserter(own));
  return {.name = "gan",
          .title = "Fully connected GAN, for small images of any size",
          .paper = "Goodfellow et al., Generative Adversarial Nets, NeurIPS 2014",
          .options = model_options({.size = 28}, own),
          .make = make,
          .for_points = point_defaults()};
}

}  // namespace saddle
