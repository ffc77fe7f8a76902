#include "gan/games/image_networks.h"

#include <algorithm>
#include <iterator>

#include "gan/games/conditioning.h"
#include "gan/games/points.h"
#include "gan/games/telling.h"
#include "gan/networks/dcgan.h"
#include "gan/networks/init.h"
#include "gan/networks/resnet.h"
#include "gan/networks/sngan_cnn.h"

namespace saddle {
namespace {

const char* const automatic = "auto";

/// What the papers have, as far as the objective lets it: DCGAN normalises by batch; WGAN-GP's critics, but
/// the one for 32x32, each sample's layer; SNGAN's not at all.
Normalization customary_normalization(const Settings& settings) {
  const std::string& net = settings.text("net");
  if (settings.flag("spectral-norm") || net.starts_with("sngan")) return Normalization::none;
  if (net == "wgan-gp-resnet")
    return settings.integer("size") == 32 ? Normalization::none : Normalization::layer;
  return settings.text("penalty") == "none" ? Normalization::batch : Normalization::none;
}

/// Of the discriminator.
Normalization normalization_in(const Settings& settings) {
  const std::string& name = settings.text("d-norm");
  if (name == automatic) return customary_normalization(settings);
  const Normalization norm = find_normalization(name);
  const std::string& penalty = settings.text("penalty");
  require<UsageError>(penalty == "none" || norm != Normalization::batch,
                      "option 'd-norm': batch mixes samples, but penalty ", penalty,
                      " takes the slope of each by itself; none, instance and layer do not");
  require<UsageError>(!settings.flag("spectral-norm") || norm == Normalization::none,
                      "option 'd-norm': ", name,
                      " divides by the deviation of what a layer gives, which undoes spectral-norm; ",
                      "none and ", automatic, " do not");
  return norm;
}

AdversarialNetworks dcgan(const Settings& settings) {
  const int64_t size = settings.integer("size"), channels = image_channels(settings);
  const int64_t nz = settings.integer("nz");
  const Condition condition(settings);
  const DcganGeneratorOptions g{.size = size,
                                .channels = channels,
                                .nz = nz + condition.joined_to_latents(),
                                .ngf = settings.integer("ngf"),
                                .norm = condition.norm2d()};
  const DcganDiscriminatorOptions d{.size = size,
                                    .channels = channels + condition.joined_to_images(),
                                    .ndf = settings.integer("ndf"),
                                    .norm = normalization_in(settings)};
  const DiscriminatorExtras extras = discriminator_extras(settings);
  return {.generator = [=] { return condition.generator(dcgan_generator(g)); },
          .discriminator = [=] { return condition.discriminator(dcgan_discriminator(d, extras)); },
          .init = init_normal,
          .latent = {nz, 1, 1},
          .classes = condition.classes(),
          .dropout = extras.random};
}

AdversarialNetworks sngan_cnn(const Settings& settings) {
  const int64_t size = settings.integer("size"), channels = image_channels(settings);
  const int64_t nz = settings.integer("nz");
  const Condition condition(settings);
  const SnganCnnGeneratorOptions g{size, channels, nz + condition.joined_to_latents(),
                                   settings.integer("ngf"), condition.norm2d()};
  const SnganCnnDiscriminatorOptions d{size, channels + condition.joined_to_images(), settings.integer("ndf"),
                                       normalization_in(settings)};
  return {.generator = [=] { return condition.generator(sngan_cnn_generator(g)); },
          .discriminator = [=] { return condition.discriminator(sngan_cnn_discriminator(d)); },
          .init = init_normal,
          .latent = {nz},
          .classes = condition.classes()};
}

AdversarialNetworks resnet(const Settings& settings, decltype(sngan_generator)* generator,
                           decltype(sngan_discriminator)* discriminator) {
  const int64_t size = settings.integer("size"), channels = image_channels(settings);
  const int64_t nz = settings.integer("nz");
  const Condition condition(settings);
  const ResidualGeneratorOptions g{.size = size,
                                   .channels = channels,
                                   .nz = nz + condition.joined_to_latents(),
                                   .ngf = settings.integer("ngf"),
                                   .norm = condition.norm2d()};
  ResidualDiscriminatorOptions d{
      .size = size, .channels = channels + condition.joined_to_images(), .ndf = settings.integer("ndf")};
  if (const Normalization norm = normalization_in(settings); norm != Normalization::none)
    d.norm = [=](int64_t width) { return normalization(norm, width); };
  return {.generator = [=] { return condition.generator(generator(g)); },
          .discriminator = [=] { return condition.discriminator(discriminator(d)); },
          .init = init_residual,
          .latent = {nz},
          .classes = condition.classes()};
}

using Make = AdversarialNetworks (*)(const Settings&);
constexpr std::pair<const char*, Make> all[] = {
    {"dcgan", dcgan},
    {"sngan-cnn", sngan_cnn},
    {"sngan-resnet", [](const Settings& s) { return resnet(s, sngan_generator, sngan_discriminator); }},
    {"wgan-gp-resnet", [](const Settings& s) { return resnet(s, wgan_gp_generator, wgan_gp_critic); }}};

std::unique_ptr<Game> make(const Settings& settings, Device device) {
  if (makes_points(settings)) return make_point_game(settings, device);
  const DiscriminatorExtras extras = discriminator_extras(settings);
  require<UsageError>(
      settings.text("net") == "dcgan" || (extras.minibatch == Minibatch::none && extras.dropout == 0),
      "option 'net': the discriminator of ", settings.text("net"),
      " has no place for comparisons within a minibatch or dropout; that of dcgan has");
  AdversarialOptions options = adversarial_options(settings);
  options.task = Condition(settings).task();
  for (const auto& [name, networks] : all)
    if (settings.text("net") == name) return adversarial_game(networks(settings), options, device);
  throw UsageError("there are no networks '" + settings.text("net") + "'");
}

}  // namespace

Model model_of_images(Model known, const CommonDefaults& defaults, const NetworkDefaults& networks) {
  std::vector<std::string> nets, norms = normalizations();
  for (const auto& [name, make_networks] : all) nets.emplace_back(name);
  norms.insert(norms.begin(), automatic);
  std::vector<Option> own = {
      choice_option("net", networks.net, "networks, by the paper that they come from", nets),
      width_option("nz", networks.nz, "numbers in a latent"),
      width_option("ngf", networks.width,
                   "channels of the generator's last block, or what they are multiples of"),
      width_option("ndf", networks.width,
                   "channels of the discriminator's first block, or what they are multiples of"),
      choice_option("d-norm", automatic,
                    "normalisation in the discriminator; auto: the paper's, where penalty and "
                    "spectral-norm let it",
                    norms)};
  std::ranges::copy(conditioning_options(networks.conditioning), std::back_inserter(own));
  if (!known.for_points.empty()) std::ranges::copy(point_options(), std::back_inserter(own));
  std::ranges::copy(extras_options(), std::back_inserter(own));
  known.options = model_options(defaults, own);
  known.make = make;
  return known;
}

}  // namespace saddle
