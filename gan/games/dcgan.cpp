#include "gan/games/dcgan.h"

#include <algorithm>
#include <iterator>

#include "gan/games/models.h"
#include "gan/games/points.h"
#include "gan/networks/dcgan.h"
#include "gan/networks/init.h"

namespace saddle {
namespace {

std::unique_ptr<Game> make(const Settings& settings, Device device) {
  if (makes_points(settings)) return make_point_game(settings, device);
  const int64_t size = settings.integer("size"), channels = image_channels(settings);
  const DcganGeneratorOptions g{size, channels, settings.integer("nz"), settings.integer("ngf")};
  const DcganDiscriminatorOptions d{.size = size,
                                    .channels = channels,
                                    .ndf = settings.integer("ndf"),
                                    .norm = find_normalization(settings.text("d-norm"))};
  const std::string& penalty = settings.text("penalty");
  require<UsageError>(penalty == "none" || d.norm != Normalization::batch,
                      "option 'd-norm': batch mixes samples, but penalty ", penalty,
                      " takes the slope of each by itself; none, instance and layer do not");
  const DiscriminatorExtras extras = discriminator_extras(settings);
  const AdversarialNetworks networks{.generator = [=] { return dcgan_generator(g); },
                                     .discriminator = [=] { return dcgan_discriminator(d, extras); },
                                     .init = init_normal,
                                     .latent = {g.nz, 1, 1},
                                     .dropout = extras.random};
  return std::make_unique<AdversarialGame>(networks, adversarial_options(settings), device);
}

}  // namespace

Model model_with_dcgan_networks(Model known, const CommonDefaults& defaults, Normalization d_norm) {
  std::vector<Option> own = {
      width_option("nz", 100, "numbers in a latent"),
      width_option("ngf", 64, "channels of the generator's last block"),
      width_option("ndf", 64, "channels of the discriminator's first block"),
      choice_option("d-norm", name_of(d_norm), "normalisation in the discriminator", normalizations())};
  if (!known.for_points.empty()) std::ranges::copy(point_options(), std::back_inserter(own));
  std::ranges::copy(extras_options(), std::back_inserter(own));
  known.options = model_options(defaults, own);
  known.make = make;
  return known;
}

Model dcgan_model() {
  return model_with_dcgan_networks(
      {.name = "dcgan",
       .title = "Convolutional GAN with batch normalisation, 16x16 to 256x256",
       .paper = "Radford, Metz and Chintala, Unsupervised Representation Learning with Deep Convolutional "
                "Generative Adversarial Networks, ICLR 2016"},
      {});
}

}  // namespace saddle
