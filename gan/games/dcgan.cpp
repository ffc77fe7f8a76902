#include "gan/networks/dcgan.h"
#include "gan/games/models.h"
#include "gan/games/options.h"
#include "gan/networks/init.h"

namespace saddle {
namespace {

std::unique_ptr<Game> make(const Settings& settings, Device device) {
  const int64_t size = settings.integer("size"), channels = image_channels(settings);
  const DcganGeneratorOptions g{size, channels, settings.integer("nz"), settings.integer("ngf")};
  const DcganDiscriminatorOptions d{.size = size, .channels = channels, .ndf = settings.integer("ndf")};
  const AdversarialNetworks networks{.generator = [=] { return dcgan_generator(g); },
                                     .discriminator = [=] { return dcgan_discriminator(d); },
                                     .init = init_normal,
                                     .latent = {g.nz, 1, 1}};
  return std::make_unique<AdversarialGame>(networks, adversarial_options(settings), device);
}

}  // namespace

Model dcgan_model() {
  return {
      .name = "dcgan",
      .title = "Convolutional GAN with batch normalisation, 16x16 to 256x256",
      .paper =
          "Radford, Metz and Chintala, Unsupervised Representation Learning with Deep Convolutional "
          "Generative Adversarial Networks, ICLR 2016",
      .options = model_options({}, {width_option("nz", 100, "numbers in a latent"),
                                    width_option("ngf", 64, "channels of the generator's last block"),
                                    width_option("ndf", 64, "channels of the discriminator's first block")}),
      .make = make};
}

}  // namespace saddle
