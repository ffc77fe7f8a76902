// Autoencoders with DCGAN's layers: variational and denoising.
#include "gan/games/autoencoder.h"
#include "gan/games/models.h"
#include "gan/games/options.h"
#include "gan/networks/dcgan.h"
#include "gan/networks/init.h"

namespace saddle {
namespace {

std::unique_ptr<Game> make(const Settings& settings, AutoencoderOptions options, Device device) {
  const int64_t size = settings.integer("size"), channels = image_channels(settings);
  const int64_t nz = settings.integer("nz");
  const DcganDiscriminatorOptions encoder{.size = size,
                                          .channels = channels,
                                          .ndf = settings.integer("nef"),
                                          .outputs = options.variational ? 2 * nz : nz};
  const DcganGeneratorOptions decoder{
      .size = size, .channels = channels, .nz = nz, .ngf = settings.integer("ngf"), .squash = false};
  options.learning = single_loss(settings);
  return std::make_unique<AutoencoderGame>(
      AutoencoderNetworks{.encoder = [=] { return dcgan_discriminator(encoder); },
                          .decoder = [=] { return dcgan_generator(decoder); },
                          .init = [](nn::Module& net, Generator& random) { net.reset_parameters(random); },
                          .nz = nz},
      options, device);
}

std::vector<Option> options_with(std::vector<Option> own, int64_t nz) {
  const std::vector<Option> widths = {
      width_option("nz", nz, "numbers in a code"),
      width_option("nef", 32, "channels of the encoder's first block"),
      width_option("ngf", 32, "channels of the decoder's last block"),
  };
  own.insert(own.begin(), widths.begin(), widths.end());
  return single_loss_options({}, own);
}

}  // namespace

Model vae_model() {
  return {.name = "vae",
          .title = "Variational autoencoder: codes near a normal distribution, from which images are drawn",
          .paper =
              "Kingma and Welling, Auto-Encoding Variational Bayes, ICLR 2014; Higgins et al., beta-VAE, "
              "ICLR 2017",
          .options = options_with({{"beta", 1.0, "weight of the codes' divergence from normal", 0}}, 32),
          .make = [](const Settings& settings, Device device) {
            return make(settings, {.variational = true, .beta = settings.number("beta")}, device);
          }};
}

Model dae_model() {
  return {
      .name = "dae",
      .title = "Denoising autoencoder: makes an image whole again that it sees spoiled",
      .paper =
          "Vincent et al., Extracting and Composing Robust Features with Denoising Autoencoders, "
          "ICML 2008",
      .options = options_with({{"noise", 0.25, "standard deviation of the noise, of values from 0 to 1", 0},
                               {"mask", 0.25, "share of pixels that are made black", 0, 0.99}},
                              64),
      .make = [](const Settings& settings, Device device) {
        return make(settings, {.noise = settings.number("noise"), .mask = settings.number("mask")}, device);
      }};
}

}  // namespace saddle
