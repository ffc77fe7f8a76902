// The semi-supervised GAN: its discriminator is a classifier of K classes and fake, and learns from few
// labels and many images without.
#include "gan/games/models.h"
#include "gan/games/options.h"
#include "gan/games/telling.h"
#include "gan/networks/dcgan.h"
#include "gan/networks/heads.h"
#include "gan/networks/init.h"

namespace saddle {
namespace {

std::unique_ptr<Game> make(const Settings& settings, Device device) {
  const int64_t size = settings.integer("size"), channels = image_channels(settings);
  const int64_t classes = class_count(settings);
  const DcganGeneratorOptions g{size, channels, settings.integer("nz"), settings.integer("ngf")};
  const DcganDiscriminatorOptions d{
      .size = size, .channels = channels, .ndf = settings.integer("ndf"), .outputs = classes};
  check_batch_normalised(settings, "sgan");
  const AdversarialNetworks networks{.generator = [=] { return dcgan_generator(g); },
                                     .discriminator =
                                         [=] {
                                           const auto net = dcgan_discriminator(d);
                                           net->push(real_if_of_a_class());
                                           return net;
                                         },
                                     .init = init_normal,
                                     .latent = {g.nz, 1, 1}};
  AdversarialOptions options = adversarial_options(settings);
  options.task = class_of_labelled(classes);
  return std::make_unique<TellingGame>(networks, options, device);
}

}  // namespace

Model sgan_model() {
  return {.name = "sgan",
          .title = "Semi-supervised: the discriminator learns classes from few labels and all images",
          .paper =
              "Salimans et al., Improved Techniques for Training GANs, NeurIPS 2016; Odena, "
              "Semi-Supervised Learning with Generative Adversarial Networks, arXiv:1606.01583, 2016",
          .options = model_options(
              {.size = 32},
              {width_option("nz", 100, "numbers in a latent"),
               width_option("ngf", 32, "channels of the generator's last block"),
               width_option("ndf", 32, "channels of the discriminator's first block"),
               classes_option(),
               {"labelled", int64_t{0},
                "how many images keep their labels, as many of each class; they then make up half of the "
                "images; 0: all",
                0}}),
          .make = make};
}

}  // namespace saddle
