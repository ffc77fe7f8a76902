#include "gan/networks/biggan.h"

#include "gan/games/models.h"
#include "gan/games/options.h"

namespace saddle {
namespace {

std::unique_ptr<Game> make(const Settings& settings, Device device) {
  const BigGanGeneratorOptions g{.size = settings.integer("size"),
                                 .channels = image_channels(settings),
                                 .classes = class_count(settings),
                                 .nz = settings.integer("nz"),
                                 .ch = settings.integer("ngf"),
                                 .embedding = settings.integer("embedding"),
                                 .attention = settings.flag("attention")};
  const BigGanDiscriminatorOptions d{.size = g.size,
                                     .channels = g.channels,
                                     .classes = g.classes,
                                     .ch = settings.integer("ndf"),
                                     .attention = g.attention};
  const AdversarialNetworks networks{.generator = [=] { return std::make_shared<BigGanGenerator>(g); },
                                     .discriminator = [=] { return biggan_discriminator(d); },
                                     .init = init_biggan,
                                     .latent = {g.nz},
                                     .classes = g.classes};
  AdversarialOptions options = adversarial_options(settings);
  options.orthogonal = settings.number("orthogonal");
  return std::make_unique<AdversarialGame>(networks, options, device);
}

}  // namespace

/// The paper's settings at 128x128, section 3 and appendix C, but for its batches of 2048.
Model biggan_model() {
  const std::vector<Option> own = {
      width_option("nz", 120, "numbers in a latent, which is cut into a chunk for each block"),
      width_option("ngf", 96, "channels of the generator's layers are multiples of this"),
      width_option("ndf", 96, "channels of the discriminator's layers are multiples of this"),
      width_option("embedding", 128, "length of the vector that the generator has for each class"),
      {"attention", true, "self-attention where feature maps have half the images' height"},
      {"orthogonal", 1e-4, "weight of the generator's orthogonal regularisation; 0: none", 0},
      {"lr-g", 5e-5, "the generator's learning rate", 0, 1},
      classes_option(),
  };
  return {.name = "biggan",
          .title = "Large residual networks of classes: self-attention, latents and classes in every block",
          .paper =
              "Brock, Donahue and Simonyan, Large Scale GAN Training for High Fidelity Natural Image "
              "Synthesis, ICLR 2019",
          .options = model_options(
              {.size = 128, .beta1 = 0, .n_critic = 2, .ema = 0.9999, .loss = "hinge", .spectral_norm = true},
              own),
          .make = make};
}

}  // namespace saddle
