#include "gan/games/points.h"

#include "gan/networks/points.h"

namespace saddle {
namespace {

/// Of a discriminator with spectral norm.
constexpr double normalised_steepness = 10;

}  // namespace

bool makes_points(const Settings& settings) {
  return settings.find("hidden") != nullptr && settings.integer("channels") == 2;
}

std::vector<Option> point_options() {
  return {width_option("hidden", 128, "width of the layers of networks for points of the plane")};
}

std::vector<std::pair<std::string, SettingValue>> point_defaults(
    const std::vector<std::pair<std::string, SettingValue>>& own) {
  // The learning rates fall to 0 and samples come from a moving average: both settle the points, which would
  // otherwise go on circling about the modes.
  std::vector<std::pair<std::string, SettingValue>> all = own;
  all.insert(all.end(), {{"steps", int64_t{10000}},
                         {"batch", int64_t{256}},
                         {"nz", int64_t{2}},
                         {"lr-g", 1e-3},
                         {"lr-d", 1e-3},
                         {"beta1", 0.5},
                         {"beta2", 0.9},
                         {"ema", 0.995},
                         {"lr-schedule", std::string("linear")},
                         {"log-every", int64_t{250}},
                         {"sample-every", int64_t{1000}},
                         {"checkpoint-every", int64_t{2500}}});
  return all;
}

std::unique_ptr<Game> make_point_game(const Settings& settings, Device device) {
  require<UsageError>(!learns_from_labels(settings),
                      "option 'conditioning': the networks for points of the plane are given no classes");
  const PointNetworkOptions options{.nz = settings.integer("nz"),
                                    .hidden = settings.integer("hidden"),
                                    .steepness = settings.flag("spectral-norm") ? normalised_steepness : 1};
  const DiscriminatorExtras extras = discriminator_extras(settings);
  const AdversarialNetworks networks{
      .generator = [=] { return point_generator(options); },
      .discriminator = [=] { return point_discriminator(options, extras); },
      .init = [](nn::Module& network, Generator& generator) { network.reset_parameters(generator); },
      .latent = {options.nz},
      .dropout = extras.random};
  return std::make_unique<AdversarialGame>(networks, adversarial_options(settings), device);
}

}  // namespace saddle
