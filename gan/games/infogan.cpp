#include "gan/games/infogan.h"

#include "autograd/ops.h"
#include "gan/augment/places.h"
#include "gan/batch_shape.h"
#include "gan/games/models.h"
#include "gan/games/options.h"
#include "gan/games/parts.h"
#include "gan/networks/infogan.h"
#include "gan/networks/init.h"

namespace saddle {
namespace {

std::unique_ptr<Game> make(const Settings& settings, Device device) {
  const Codes codes{.categories = settings.integer("categories"),
                    .continuous = settings.integer("continuous"),
                    .weight_categorical = settings.number("lambda-categorical"),
                    .weight_continuous = settings.number("lambda-continuous")};
  const int64_t size = settings.integer("size"), channels = image_channels(settings);
  const int64_t width = settings.integer("width");
  const InfoGanGeneratorOptions g{.size = size,
                                  .channels = channels,
                                  .nz = settings.integer("nz") + codes.length(),
                                  .ngf = settings.integer("ngf"),
                                  .width = width};
  const InfoGanDiscriminatorOptions d{.size = size,
                                      .channels = channels,
                                      .ndf = settings.integer("ndf"),
                                      .width = width,
                                      .codes = codes.length()};
  const AdversarialNetworks networks{.generator = [=] { return infogan_generator(g); },
                                     .discriminator = [=] { return infogan_discriminator(d); },
                                     .init = init_normal,
                                     .latent = {g.nz},
                                     .draw = latents_with_codes({g.nz}, codes)};
  check_batch_normalised(settings, "infogan");
  AdversarialOptions options = adversarial_options(settings);
  options.task = code_of_fakes(codes);
  return std::make_unique<InfoGanGame>(networks, options, codes, device);
}

}  // namespace

DrawLatents latents_with_codes(const Shape& latent, const Codes& codes) {
  return [=](int64_t count, Generator& random, Device device) {
    const RandomOptions there{.device = device};
    const Variable noise = random_normal({count, latent.numel() - codes.length()}, random, there);
    const Variable category = random_whole({count}, 0, codes.categories - 1, random, device);
    Variables parts = {noise, one_hot(cast(category, DType::i64), codes.categories)};
    if (codes.continuous > 0)
      parts.emplace_back(random_uniform({count, codes.continuous}, random, -1, 1, there));
    return reshape(concat(parts, 1), batch_shape(count, latent)).value();
  };
}

Variable InfoGanGame::coded(const Variable& latents, const Tensor& labels) const {
  check_generator_input({latent_shape(), classes()}, latents.value(), labels);
  const int64_t noise = normal_numbers(), rest = noise + codes_.categories;
  const Variable flat = reshape(latents, {latents.size(0), -1});
  Variables parts = {slice(flat, 1, 0, noise), one_hot(labels.to(latents.device()), codes_.categories)};
  if (codes_.continuous > 0) parts.push_back(slice(flat, 1, rest, flat.size(1)));
  return reshape(concat(parts, 1), latents.shape());
}

Tensor InfoGanGame::generate(const Tensor& latents, const Tensor& labels) {
  const NoGrad no_grad;
  return AdversarialGame::generate(coded(latents, labels).value());
}

Variable InfoGanGame::images_from(const Variable& latents, const Tensor& labels) {
  return AdversarialGame::images_from(coded(latents, labels));
}

/// As for MNIST in the paper's appendix C.1, but networks half as wide, and 5 numbers of noise, not 62: among
/// so many the code is hardly heard at first, and categories become what little it can change.
Model infogan_model() {
  std::vector<Option> own = {
      width_option("nz", 5, "numbers of noise in a latent, beside the codes"),
      width_option("ngf", 32, "channels before the generator's last layer"),
      width_option("ndf", 32, "channels after the discriminator's first layer"),
      width_option("width", 512, "width of the linear layers between latents, images and answers"),
      {"categories", int64_t{10}, "of the categorical code", 2, 4096},
      {"continuous", int64_t{2}, "continuous codes", 0, 4096},
      {"lambda-categorical", 1.0, "weight of the categorical code's mutual information", 0},
      {"lambda-continuous", 0.1, "weight of the continuous codes' mutual information", 0},
      {"lr-g", 1e-3, "the generator's learning rate", 0, 1},
  };
  return {.name = "infogan",
          .title = "Finds categories and directions in unlabelled images: codes that can be read back",
          .paper =
              "Chen et al., InfoGAN: Interpretable Representation Learning by Information Maximizing "
              "Generative Adversarial Nets, NeurIPS 2016",
          .options = model_options({.size = 28, .batch = 128}, own),
          .make = make};
}

}  // namespace saddle
